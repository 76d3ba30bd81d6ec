-- For writes that are merged into one statement: each says how many rows it must touch, and where
-- it touches another number, somebody else wrote meanwhile and nothing of the statement is kept.
CREATE FUNCTION must_touch(touched bigint, wanted bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF touched IS DISTINCT FROM wanted THEN
        RAISE EXCEPTION '% rows were to be touched, and % were.', wanted, touched
            USING ERRCODE = 'VW001';
    END IF;
END
$$;
