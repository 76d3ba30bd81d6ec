"""Voltway: a charging network, from the plug to the paid receipt."""
