"""The books: double entry that cannot be out of balance and is never changed."""
