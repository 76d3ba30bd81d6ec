"""What drivers see: places, bays, the visit, the receipt."""
