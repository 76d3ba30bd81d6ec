"""Load: many stations that say one thing all the time, to measure whoever answers them."""
