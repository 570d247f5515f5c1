-- The role of postgres_exporter: it reads PostgreSQL's statistics, and no review. As a superuser, and safe to repeat:
--   REVIEWD_MONITOR_PASSWORD=… psql -d reviewd -f deploy/monitoring/role.sql
\set ON_ERROR_STOP on
\getenv password REVIEWD_MONITOR_PASSWORD
\if :{?password}
\else
  \warn 'role.sql: REVIEWD_MONITOR_PASSWORD is not set: it becomes the password of reviewd_monitor'
  SELECT 1 / 0 AS "no password";
\endif
SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'reviewd_monitor') AS missing \gset
\if :missing
  CREATE ROLE reviewd_monitor;
\endif
SET client_min_messages = warning;
-- The password shall not get into PostgreSQL's log.
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
-- Few connections: those that the nodes do not ask for are few.
ALTER ROLE reviewd_monitor LOGIN CONNECTION LIMIT 3 PASSWORD :'password';
GRANT pg_monitor TO reviewd_monitor;
