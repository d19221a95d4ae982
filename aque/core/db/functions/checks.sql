-- What is refused of submissions: values that would spoil the work of others.

-- Refuses globs that no host can be compared with: all claims of all workers would fail.
create or replace function aque.check_globs(globs text[]) returns void language plpgsql as $$
begin
    perform aque.host_matches('', globs);
exception when invalid_regular_expression then
    raise exception 'host: no globs: %', array_to_string(globs, ' ') using errcode = 'AQ005';
end $$;

-- Refuses demands that would spoil the sums of all claims of all workers: aque's own programs never ask for such.
create or replace function aque.check_demand(d aque.demand) returns void language plpgsql as $$
begin
    if (d.cpus >= 0 and d.cpus < 'infinity' and d.cpu_share >= 0 and d.memory >= 0
        and jsonb_typeof(d.limits) = 'object'
        and not d.limits @? 'strict $.* ? (@.type() != "number" || @ < 1 || @ > 2147483647 || @ != @.floor())')
       is not true
    then
        raise exception 'a demand that cannot be met: cpus %, /%, memory %, limits %',
            d.cpus, d.cpu_share, d.memory, d.limits using errcode = 'AQ005';
    end if;
    perform aque.check_globs(d.host);
end $$;

-- The same of what is a task's own; null: it is not given.
create or replace function aque.check_fields(
    memory bigint, duration real, timeout real, retries smallint, retry_delay real, run_at timestamptz
) returns boolean language plpgsql immutable as $$
begin
    if (memory >= 0 and duration >= 0 and duration < 'infinity' and timeout >= 0 and timeout < 'infinity'
        and retry_delay >= 0 and retry_delay < 'infinity' and retries >= 0
        and run_at >= '0001-01-02' and run_at < '9999-12-31') is false
    then
        raise exception 'values that no task has: memory %, duration %, timeout %, % retries after %, run_at %',
            memory, duration, timeout, retries, retry_delay, run_at using errcode = 'AQ005';
    end if;
    return true;
end $$;

-- Refuses arguments that hold what no text does, NUL or half a character: lists could not show them, nor anything beside
-- them. To be asked of such alone as may hold some: of those with \u.
create or replace function aque.check_texts(args json) returns void language plpgsql as $$
begin
    if args::text ~ '\\u(0000|[dD][89a-fA-F])' then
        perform args::jsonb;
    end if;
exception when untranslatable_character or invalid_text_representation then
    raise exception 'arguments that hold what no text does' using errcode = 'AQ005';
end $$;

-- An environment, if it is one: an object of texts. It is looked at as it is written, for bytes that are no UTF-8 stand in it as
-- halves of characters, which nothing here could read.
create or replace function aque.checked_environ(vars json) returns json language plpgsql as $$
begin
    if vars::text !~ '^\s*\{(?:\s*"(?:[^"\\]|\\.)*"\s*:\s*"(?:[^"\\]|\\.)*"\s*,?)*\s*\}\s*$' then
        raise exception 'an environment is an object of texts' using errcode = 'AQ005';
    end if;
    return vars;
end $$;
