-- Platforms of terminals register by themselves (OCPI 2.3.0, module credentials): their key is another one from then on.
ALTER TABLE terminal_provider
    ADD COLUMN registered_at timestamptz,   -- none: it has the key that was given by hand
    ADD COLUMN before_hash   bytea;         -- the key before, which registers until the new one was shown
