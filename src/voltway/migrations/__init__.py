"""The tables: ``NNNN_<room>_<what>.sql``, applied in order; the name says who owns them."""
