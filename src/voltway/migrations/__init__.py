"""The tables, in the order of their files: ``NNNN_<room>_<what>.sql``; the name says who owns them."""
