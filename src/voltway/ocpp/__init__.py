"""The stations' door: frames, dialects and quirks of OCPP 1.6, 2.0.1 and 2.1."""
