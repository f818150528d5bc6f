"""Search by any part of name, code or phone: one folded text a firm, what the index knows of it, and how it is asked.

Hand-written. Three indexes, because no single one is fast for every word: see decisions/0009.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.audit.tables import AuditEntry

ID = "2026-11-23T20:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "search in the registry"

# The name, a line feed, the code, a blank, the phone: as backend/enterprises/rules/search.py folds what is typed.
TEXT = r"""
    ALTER TABLE enterprise ADD COLUMN search_text text COLLATE "C" GENERATED ALWAYS AS (
        lower(translate(normalize(name, NFKC), E'\n', ' ') COLLATE "C")
        || E'\n' || lower(uscc COLLATE "C") || ' ' || replace(contact_phone, '-', '')
    ) STORED
"""
# Each character and pair of the name (1 or 2 long), each three in a row of code and phone (3 long), and what a list may
# be narrowed by ("r", "t", "s" before a code: a capital or more than three long, so never one of the others).
KEYS = r"""
    CREATE FUNCTION enterprise_search_keys(search_text text, region text, trade text, status text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1000 AS $$
        SELECT array_agg(key) FROM (
            SELECT substr(part.name, at, size) AS key
            FROM (SELECT split_part(search_text, E'\n', 1) AS name) part,
                generate_series(1, 2) size, generate_series(1, length(part.name) + 1 - size) at
            UNION ALL
            SELECT substr(part.number, at, 3)
            FROM (SELECT split_part(search_text, E'\n', 2) AS number) part,
                generate_series(1, length(part.number) - 2) at
            UNION ALL
            SELECT 't' || left(trade, size) FROM generate_series(1, length(trade)) size
            UNION ALL
            SELECT unnest(ARRAY['r' || region, 's' || status])
        ) every
    $$
"""
# How the firms that hold all patterns are found, best first: the one with this code; those whose name begins so, by
# name; the others by id, which is random. The order by id is what makes frequent words cheap: the first 600 entries of
# the index are a fair sample of all. Where the sample holds a page, it is the answer; where it holds some, 7,000 may;
# else there are few, and the inverted index collects them. A whole code or number asks for those who have it alone.
SEARCH = r"""
    CREATE FUNCTION enterprise_search(
        patterns text[], keys text[], number_keys text[], prefix text, code text, phone text,
        in_region text, in_trade text, in_status text, after_text text, after_id uuid, wanted int
    ) RETURNS TABLE (id uuid, tier int)
    LANGUAGE plpgsql STABLE ROWS 20
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
    SET max_parallel_workers_per_gather = 0
    AS $$
    #variable_conflict use_column
    DECLARE
        given int := 0;
        depth int;
        hits uuid[];
        start uuid := coalesce(after_id, '00000000-0000-0000-0000-000000000000');
    BEGIN
        IF code <> '' OR phone <> '' THEN
            RETURN QUERY SELECT e.id, 2 FROM enterprise e
                WHERE (e.uscc = code OR e.contact_phone = phone AND phone <> '') AND e.id > start
                AND (in_region = '' OR e.region = in_region) AND starts_with(e.trade, in_trade)
                AND (in_status = '' OR e.status = in_status)
                ORDER BY e.id LIMIT wanted;
            IF FOUND THEN
                RETURN;
            END IF;
        END IF;
        IF prefix IS NOT NULL AND after_id IS NULL THEN
            RETURN QUERY SELECT e.id, 1 FROM enterprise e
                WHERE e.search_text >= prefix AND e.search_text < prefix || U&'\+10FFFF'
                AND e.search_text > coalesce(after_text, '')
                AND (in_region = '' OR e.region = in_region) AND starts_with(e.trade, in_trade)
                AND (in_status = '' OR e.status = in_status)
                ORDER BY e.search_text LIMIT wanted;
            GET DIAGNOSTICS given = ROW_COUNT;
        END IF;
        IF given >= wanted OR cardinality(patterns) = 0 THEN
            RETURN;
        END IF;
        -- CASE: the words first, since hardly any row holds them and each further question costs time.
        FOREACH depth IN ARRAY ARRAY[600, 7000] LOOP
            hits := ARRAY(
                SELECT e.id FROM (
                    SELECT f.id, f.search_text, f.region, f.trade, f.status FROM enterprise f
                    WHERE f.id > start ORDER BY f.id LIMIT depth
                ) e
                WHERE CASE WHEN e.search_text LIKE ALL (patterns) THEN
                    (prefix IS NULL OR NOT starts_with(e.search_text, prefix))
                    AND (in_region = '' OR e.region = in_region) AND starts_with(e.trade, in_trade)
                    AND (in_status = '' OR e.status = in_status) ELSE false END
                ORDER BY e.id LIMIT wanted - given
            );
            EXIT WHEN cardinality(hits) < 2 OR given + cardinality(hits) >= wanted;
        END LOOP;
        IF given + cardinality(hits) >= wanted THEN
            RETURN QUERY SELECT unnest(hits), 2;
        ELSE
            RETURN QUERY WITH few AS MATERIALIZED (
                SELECT e.id FROM enterprise e
                WHERE (enterprise_search_keys(e.search_text, e.region, e.trade, e.status) @> keys
                    OR enterprise_search_keys(e.search_text, e.region, e.trade, e.status) @> number_keys)
                AND e.search_text LIKE ALL (patterns) AND (prefix IS NULL OR NOT starts_with(e.search_text, prefix))
            )
            SELECT few.id, 2 FROM few WHERE few.id > start ORDER BY few.id LIMIT wanted - given;
        END IF;
    END
    $$
"""
FORWARDS = (
    TEXT,
    KEYS,
    "CREATE INDEX enterprise_search_name ON enterprise (search_text) INCLUDE (id, region, trade, status)",
    "CREATE INDEX enterprise_search_scan ON enterprise (id) INCLUDE (search_text, region, trade, status)",
    # A short pending list (kB): loads stay quick, and the searches that read it whole do not wait for it.
    """
    CREATE INDEX enterprise_search_keys ON enterprise
    USING gin (enterprise_search_keys(search_text, region, trade, status)) WITH (gin_pending_list_limit = 1024)
    """,
    # The list is emptied, and pages are marked as visible to everybody, soon after a load of 1 % of the rows.
    """
    ALTER TABLE enterprise SET (
        autovacuum_vacuum_insert_scale_factor = 0.01, autovacuum_vacuum_scale_factor = 0.02,
        autovacuum_analyze_scale_factor = 0.02
    )
    """,
    SEARCH,
)
BACKWARDS = (
    "DROP FUNCTION enterprise_search",
    """
    ALTER TABLE enterprise RESET (
        autovacuum_vacuum_insert_scale_factor, autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor
    )
    """,
    "DROP INDEX enterprise_search_keys",
    "DROP INDEX enterprise_search_scan",
    "DROP INDEX enterprise_search_name",
    "DROP FUNCTION enterprise_search_keys",
    "ALTER TABLE enterprise DROP COLUMN search_text",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="backend", description=DESCRIPTION)

    async def run() -> None:
        for statement in FORWARDS:
            await AuditEntry.raw(statement)

    async def run_backwards() -> None:
        for statement in BACKWARDS:
            await AuditEntry.raw(statement)

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager
