"""One file for each payment provider we can speak to."""
