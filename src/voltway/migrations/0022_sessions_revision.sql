-- Counts the changes of a session, so that whoever writes from memory (a gateway that remembers what
-- it committed last) notices when somebody else wrote in between, and looks again.
ALTER TABLE session ADD COLUMN revision integer NOT NULL DEFAULT 0;
