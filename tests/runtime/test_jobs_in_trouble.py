"""Jobs are done after all where a full disk keeps nothing for a while, or a line is dead."""

import asyncio

from tests.runtime.test_jobs import Doer, ProviderSilent, enqueue, greeting
from tests.simulation.faults.wire import Harm, open_wire_to
from tests.simulation.waiting import comes_true
from voltway.runtime.database import Database, connect_owner, open_database
from voltway.runtime.jobs import Jobs, waiting
from voltway.runtime.work import BeginWork

WITHIN_S = 20

#: As PostgreSQL does on a full disk (53100), for as long as there is a row in ``full``. A sequence
#: counts the tries, for it is not undone with them.
FULL = """
    CREATE TABLE "full" AS SELECT 1 AS n;
    CREATE SEQUENCE tries;
    GRANT ALL ON "full", tries TO PUBLIC;
    CREATE FUNCTION fills() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM "full") THEN
            PERFORM nextval('tries');
            RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER fills BEFORE UPDATE ON pgqueuer FOR EACH ROW
      WHEN (OLD.status = 'picked' AND NEW.status = 'queued') EXECUTE FUNCTION fills();
"""


async def test_a_job_is_tried_again_though_the_disk_was_full_when_that_was_to_be_noted(
    database: Database, begin: BeginWork
) -> None:
    owner = await connect_owner(database.url)
    await owner.execute(FULL)
    doer = Doer(troubles=[ProviderSilent()])
    jobs = Jobs(database, back_off_s=0.001)
    jobs.handle("greet", doer)
    await jobs.start()
    await enqueue(begin, greeting("patient"))

    async def was_refused_twice() -> bool:
        return bool(await owner.fetchval("SELECT last_value > 1 FROM tries"))

    assert await comes_true(was_refused_twice, WITHIN_S, every_s=0.01)
    await owner.execute('DELETE FROM "full"')
    await asyncio.wait_for(doer.enough.wait(), WITHIN_S)
    await jobs.stop()
    await owner.close()

    assert doer.done == ["patient"]
    async with begin() as work:
        assert await waiting(work) == {}, "nothing is laid aside"


async def test_a_worker_whose_line_to_the_database_is_dead_without_a_word_takes_another(
    database: Database, begin: BeginWork
) -> None:
    doer = Doer()
    async with open_wire_to(database.url) as (wire, url):
        far = await open_database(url, answer_s=0.5)
        jobs = Jobs(far)
        jobs.handle("greet", doer)
        await jobs.start()
        await enqueue(begin, greeting("before"))
        await asyncio.wait_for(doer.enough.wait(), WITHIN_S)

        async def is_done() -> bool:
            return "after" in doer.done

        wire.suffer(Harm.HALF_OPEN)  # and never mended: lines that are dialled now pass
        await enqueue(begin, greeting("after"))
        assert await comes_true(is_done, WITHIN_S, every_s=0.01)
        await jobs.stop()
        await far.close()
