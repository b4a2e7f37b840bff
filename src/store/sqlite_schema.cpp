#include "store/sqlite_schema.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "base/try.hpp"
#include "store/sqlite_index.hpp"

namespace errand::store {

namespace {

// Times are milliseconds since 1970, UTC. `key`s are SQLite's own row ids: short in indexes, and stable, so that a
// search index can refer to them. Messages and events share the positions of their session.
constexpr const char* version_1 = R"sql(
CREATE TABLE sessions(
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  agent TEXT NOT NULL,
  definition_hash TEXT NOT NULL,
  model TEXT NOT NULL,
  project TEXT NOT NULL,
  cwd TEXT NOT NULL,
  permission_mode TEXT NOT NULL,
  title TEXT NOT NULL,
  name TEXT,
  parent TEXT REFERENCES sessions(id),
  forked_from TEXT,
  state TEXT NOT NULL DEFAULT 'idle' CHECK(state IN ('idle', 'running', 'interrupted', 'failed')),
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  last_position INTEGER NOT NULL DEFAULT 0,
  runs INTEGER NOT NULL DEFAULT 0,
  turns INTEGER NOT NULL DEFAULT 0,
  input INTEGER NOT NULL DEFAULT 0,
  output INTEGER NOT NULL DEFAULT 0,
  cache_read INTEGER NOT NULL DEFAULT 0,
  cache_write INTEGER NOT NULL DEFAULT 0,
  reasoning INTEGER NOT NULL DEFAULT 0,
  cost_usd REAL DEFAULT 0
) STRICT;
CREATE INDEX sessions_newest ON sessions(updated, id) WHERE parent IS NULL;
CREATE INDEX sessions_of_project ON sessions(project, updated, id) WHERE parent IS NULL;
CREATE INDEX sessions_of_agent ON sessions(agent, updated, id) WHERE parent IS NULL;
CREATE INDEX sessions_named ON sessions(name, updated, id) WHERE name IS NOT NULL;
CREATE INDEX sessions_of_parent ON sessions(parent) WHERE parent IS NOT NULL;

CREATE TABLE messages(
  key INTEGER PRIMARY KEY,
  session INTEGER NOT NULL REFERENCES sessions(key),
  position INTEGER NOT NULL,
  message_id TEXT NOT NULL,
  type TEXT NOT NULL CHECK(type IN ('user', 'assistant', 'tool_result')),
  run TEXT NOT NULL,
  agent_path TEXT NOT NULL,
  time INTEGER NOT NULL,
  json TEXT NOT NULL,
  UNIQUE(session, position),
  UNIQUE(session, message_id)
) STRICT;

CREATE TABLE events(
  key INTEGER PRIMARY KEY,
  session INTEGER NOT NULL REFERENCES sessions(key),
  position INTEGER NOT NULL,
  type TEXT NOT NULL,
  run TEXT NOT NULL,
  agent_path TEXT NOT NULL,
  time INTEGER NOT NULL,
  json TEXT NOT NULL,
  UNIQUE(session, position)
) STRICT;

CREATE TABLE runs(
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  session INTEGER NOT NULL REFERENCES sessions(key),
  agent TEXT NOT NULL,
  definition_hash TEXT NOT NULL,
  trigger TEXT NOT NULL,
  argv TEXT NOT NULL,
  state TEXT NOT NULL CHECK(state IN ('running', 'ended', 'interrupted')),
  started INTEGER NOT NULL,
  ended INTEGER,
  exit_code INTEGER,
  error_kind TEXT,
  stop_reason TEXT,
  turns INTEGER NOT NULL DEFAULT 0,
  input INTEGER NOT NULL DEFAULT 0,
  output INTEGER NOT NULL DEFAULT 0,
  cache_read INTEGER NOT NULL DEFAULT 0,
  cache_write INTEGER NOT NULL DEFAULT 0,
  reasoning INTEGER NOT NULL DEFAULT 0,
  cost_usd REAL,
  UNIQUE(id, session)
) STRICT;
CREATE INDEX runs_of_session ON runs(session, started);
CREATE INDEX runs_newest ON runs(started);

CREATE TABLE leases(
  session INTEGER PRIMARY KEY REFERENCES sessions(key),
  token TEXT NOT NULL,
  pid INTEGER NOT NULL,
  started INTEGER NOT NULL,
  boot TEXT NOT NULL,
  host TEXT NOT NULL,
  pid_namespace INTEGER NOT NULL,
  acquired INTEGER NOT NULL,
  renewed INTEGER NOT NULL
) STRICT;
)sql";

constexpr const char* version_2 = R"sql(
ALTER TABLE sessions ADD COLUMN tool INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN tool INTEGER NOT NULL DEFAULT 0;
CREATE INDEX compactions ON events(session, position) WHERE type = 'compact_completed';
)sql";

// What files held before tools changed them; the contents are files of their own.
constexpr const char* snapshots = R"sql(
CREATE TABLE snapshots(
  key INTEGER PRIMARY KEY,
  session INTEGER NOT NULL REFERENCES sessions(key),
  position INTEGER NOT NULL,
  call_id TEXT NOT NULL,
  path TEXT NOT NULL,
  before TEXT NOT NULL CHECK(before IN ('absent', 'kept', 'left')),
  hash TEXT,
  size INTEGER NOT NULL,
  after_hash TEXT,
  ended INTEGER NOT NULL DEFAULT 0,
  time INTEGER NOT NULL
) STRICT;
CREATE INDEX snapshots_of_session ON snapshots(session, position);
)sql";

// The search index. FTS5 keeps neither the texts (they are in `messages`) nor their lengths (`searchable` has them,
// beside what else a search needs of every hit): that halves it.
constexpr const char* search_index = R"sql(
CREATE VIRTUAL TABLE search USING fts5(text, facet, content='', columnsize=0, tokenize='errand');
CREATE TABLE searchable(
  key INTEGER PRIMARY KEY REFERENCES messages(key),
  session INTEGER NOT NULL,
  time INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) STRICT;
CREATE TABLE touched(
  name TEXT NOT NULL,
  path TEXT NOT NULL,
  session INTEGER NOT NULL REFERENCES sessions(key),
  PRIMARY KEY(name, path, session)
) STRICT, WITHOUT ROWID;
CREATE INDEX touched_by_session ON touched(session);
CREATE INDEX sessions_forked ON sessions(forked_from) WHERE forked_from IS NOT NULL;
)sql";

constexpr const char* rewinds = R"sql(
CREATE INDEX rewinds ON events(session, position) WHERE type = 'rewound';
)sql";

// A request to a model, with all that is asked of it, so that it outlives its session. Locks and reservations name
// their holder as leases do.
constexpr const char* accounts = R"sql(
CREATE TABLE usage_by_turn(
  key INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  session TEXT NOT NULL,
  run TEXT NOT NULL,
  agent TEXT NOT NULL,
  root_agent TEXT NOT NULL,
  model TEXT NOT NULL,
  project TEXT NOT NULL,
  turns INTEGER NOT NULL,
  input INTEGER NOT NULL,
  output INTEGER NOT NULL,
  cache_read INTEGER NOT NULL,
  cache_write INTEGER NOT NULL,
  reasoning INTEGER NOT NULL,
  tool INTEGER NOT NULL,
  cost_usd REAL,
  presumed_usd REAL NOT NULL
) STRICT;
CREATE INDEX spending ON usage_by_turn(time, presumed_usd, agent, root_agent);

WITH RECURSIVE up(key, root) AS (
  SELECT key, key FROM sessions WHERE parent IS NULL
  UNION ALL SELECT s.key, up.root FROM up JOIN sessions p ON p.key = up.key JOIN sessions s ON s.parent = p.id
)
INSERT INTO usage_by_turn(time, session, run, agent, root_agent, model, project, turns, input, output, cache_read,
                          cache_write, reasoning, tool, cost_usd, presumed_usd)
SELECT e.time, r.id, e.run, s.agent, r.agent,
       coalesce(nullif(m.json ->> '$.provider', '') || '/', '') || coalesce(m.json ->> '$.model', ''), s.project,
       m.key IS NOT NULL, coalesce(CAST(e.json ->> '$.input' AS INTEGER), 0), coalesce(CAST(e.json ->> '$.output' AS INTEGER), 0),
       coalesce(CAST(e.json ->> '$.cache_read' AS INTEGER), 0), coalesce(CAST(e.json ->> '$.cache_write' AS INTEGER), 0),
       coalesce(CAST(e.json ->> '$.reasoning' AS INTEGER), 0), coalesce(CAST(e.json ->> '$.tool' AS INTEGER), 0), CAST(e.json ->> '$.cost_usd' AS REAL),
       coalesce(CAST(e.json ->> '$.cost_usd' AS REAL), 0)
FROM events e JOIN sessions s ON s.key = e.session JOIN up ON up.key = s.key JOIN sessions r ON r.key = up.root
LEFT JOIN messages m ON m.session = e.session AND m.position = e.position - 1 AND m.type = 'assistant' AND
  json_valid(m.json)
WHERE e.type = 'usage' AND json_valid(e.json);

CREATE INDEX runs_started_alone ON runs(started, id) WHERE trigger NOT IN ('chat', 'subagent');

CREATE TABLE locks(
  name TEXT PRIMARY KEY,
  token TEXT NOT NULL,
  pid INTEGER NOT NULL,
  started INTEGER NOT NULL,
  boot TEXT NOT NULL,
  host TEXT NOT NULL,
  pid_namespace INTEGER NOT NULL,
  acquired INTEGER NOT NULL,
  renewed INTEGER NOT NULL
) STRICT;

CREATE TABLE reservations(
  key INTEGER PRIMARY KEY,
  agent TEXT NOT NULL,
  root_agent TEXT NOT NULL,
  usd REAL NOT NULL,
  token TEXT NOT NULL,
  pid INTEGER NOT NULL,
  started INTEGER NOT NULL,
  boot TEXT NOT NULL,
  host TEXT NOT NULL,
  pid_namespace INTEGER NOT NULL,
  acquired INTEGER NOT NULL,
  renewed INTEGER NOT NULL
) STRICT;
)sql";

constexpr std::array migrations_of_this_program = {
    Migration{1, version_1}, Migration{2, version_2}, Migration{3, search_index, fill_index},
    Migration{4, snapshots}, Migration{5, rewinds},   Migration{6, accounts}};

// 0: empty. An earlier program's database without our table is not ours to touch.
Result<int> version_of(Database& database) {
  auto tables = database.query("SELECT count(*), coalesce(sum(name = 'schema_version'), 0) FROM sqlite_schema", {});
  tables.next();
  if (tables.integer(0) == 0) return 0;
  if (tables.integer(1) == 0) {
    return fail(ErrorKind::storage, fmt::format("{} is another program's database", database.path()),
                "move it aside, or name another data directory with --data-dir");
  }
  auto version = database.query("SELECT coalesce(max(version), 0) FROM schema_version", {});
  version.next();
  return static_cast<int>(version.integer(0));
}

tl::unexpected<Error> newer(const Database& database, int version, int known) {
  return fail(ErrorKind::storage,
              fmt::format("{} has schema version {}, this errand knows {}", database.path(), version, known),
              "a newer errand wrote it; update this one");
}

Result<void> sync_and_rename(const std::string& from, const std::string& to) {
  const Fd file(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file || ::fchmod(file.get(), 0600) != 0 || ::fsync(file.get()) != 0 || ::rename(from.c_str(), to.c_str()) != 0) {
    return fail_errno(ErrorKind::storage, fmt::format("can't keep a copy of the store as {}", to), errno);
  }
  const Fd directory(::open(parent_path(to).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0) {
    return fail_errno(ErrorKind::storage, fmt::format("can't keep a copy of the store as {}", to), errno);
  }
  return {};
}

// A copy as it stands, through a connection of its own: the caller's holds the write lock and has written nothing yet.
Result<void> back_up(const std::string& path, int next_version) {
  const auto target = fmt::format("{}.before-v{}", path, next_version);
  const auto unfinished = target + ".part";
  ::unlink(unfinished.c_str());
  {
    Database reader(path);
    reader.run("VACUUM INTO ?", {unfinished});
  }
  ERRAND_TRY(sync_and_rename(unfinished, target));
  log::info("store: kept a copy before the schema changes as {}", target);
  return {};
}

bool is_empty_file(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && info.st_size == 0;
}

Result<void> apply_in_transaction(Database& database, std::span<const Migration> migrations) {
  Transaction transaction(database, Durability::power_loss);
  ERRAND_TRY_ASSIGN(const int version, version_of(database));
  if (version > 0 && !database.in_memory()) ERRAND_TRY(back_up(database.path(), version + 1));
  if (version == 0) {
    database.execute("CREATE TABLE schema_version(version INTEGER PRIMARY KEY, applied INTEGER NOT NULL) STRICT");
  }
  for (const auto& migration : migrations) {
    if (migration.version <= version) continue;
    database.execute(migration.sql);
    if (migration.fill != nullptr) migration.fill(database);
    database.run("INSERT INTO schema_version(version, applied) VALUES(?, ?)",
                 {std::int64_t{migration.version}, to_ms(now())});
  }
  transaction.commit();
  return {};
}

// Whether the schema is the one wanted; false: it is older.
Result<bool> is_current(Database& database, int latest) {
  ERRAND_TRY_ASSIGN(const int version, version_of(database));
  if (version > latest) return newer(database, version, latest);
  return version == latest;
}

}  // namespace

std::span<const Migration> all_migrations() {
  return migrations_of_this_program;
}

// Only one process makes or changes a schema: SQLite does not wait its turn to switch a file to WAL.
Result<Fd> lock_directory_of(const std::string& path) {
  const auto directory = parent_path(path);
  Fd lock(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock) return fail_errno(ErrorKind::storage, fmt::format("can't open {}", directory), errno);
  while (::flock(lock.get(), LOCK_EX) != 0) {
    if (errno == EINTR) continue;
    return fail_errno(ErrorKind::storage, fmt::format("can't lock {}", directory), errno);
  }
  return lock;
}

Result<void> migrate(Database& database, std::span<const Migration> migrations) {
  const int latest = migrations.back().version;
  if (database.in_memory()) return apply_in_transaction(database, migrations);
  // Whoever reads a file that is being switched to WAL makes the switch fail: an empty one is left alone until locked.
  if (!is_empty_file(database.path())) {
    ERRAND_TRY_ASSIGN(const bool current, is_current(database, latest));
    if (current) return {};
  }
  ERRAND_TRY_ASSIGN(const auto lock, lock_directory_of(database.path()));
  ERRAND_TRY_ASSIGN(const bool current, is_current(database, latest));
  if (current) return {};  // another process was faster
  database.execute("PRAGMA journal_mode=WAL");
  return apply_in_transaction(database, migrations);
}

}  // namespace errand::store
