-- When a driver was last refused for want of a plug: refusals close together count once, or else
-- whoever sends ten forms would turn the guard of a bay off.

ALTER TABLE plug_told ADD COLUMN missed_at timestamptz;
