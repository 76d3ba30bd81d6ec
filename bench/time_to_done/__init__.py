"""How good the time to done is, against cars that the estimate knows nothing of."""
