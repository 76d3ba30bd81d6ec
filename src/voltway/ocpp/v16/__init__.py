"""OCPP 1.6 (JSON), with its security whitepaper."""
