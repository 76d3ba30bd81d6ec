-- When it was said last that the end of a charge moved; what a slow session took at its last look;
-- and what a station says that it withholds, apart from a car that is only plugged in (2.x
-- EVConnected).
ALTER TABLE session_target ADD COLUMN moved_at timestamptz;
ALTER TABLE session_slowing ADD COLUMN low_w integer;
ALTER TABLE session_state ADD COLUMN withheld boolean NOT NULL DEFAULT false;
