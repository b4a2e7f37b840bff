#include "cli/retention.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/try.hpp"
#include "cli/session_lines.hpp"

namespace errand::cli {

namespace {

constexpr mode_t private_file = 0600;

// Of one kind at one start of the program: nobody waits for the rest.
constexpr int most_at_once = 5;

constexpr int max_copies = 1000;

// A session that came back and goes again is kept once more, unless it is what the archive holds.
Result<std::string> free_name(const std::string& directory, const std::string& id, const std::string& content) {
  for (int copy = 1; copy <= max_copies; ++copy) {
    auto path = join_path(directory, copy == 1 ? id + ".jsonl" : fmt::format("{}.{}.jsonl", id, copy));
    if (!path_exists(path)) return path;
    const auto there = read_file(path);
    if (there && *there == content) return path;
  }
  return fail(ErrorKind::storage, fmt::format("{} holds {} copies of session {}", directory, max_copies, id));
}

struct FamilyLines {
  std::string text;
  std::vector<store::SeenSession> seen;
};

Result<FamilyLines> lines_of_family(store::Store& store, const std::string& session) {
  ERRAND_TRY_ASSIGN(const auto family, store.family(session));
  FamilyLines out;
  for (const auto& member : family) {
    ERRAND_TRY_ASSIGN(const auto whole, store.read_whole(member));
    ERRAND_TRY_ASSIGN(const auto files, store.kept_files(member));
    out.text += lines_of(whole, files);
    out.seen.push_back({member, whole.records.empty() ? 0 : whole.records.back().position});
  }
  return out;
}

Result<void> archive_stale(store::Store& store, const store::StaleQuery& query, std::vector<Archived>& out) {
  ERRAND_TRY_ASSIGN(const auto stale, store.stale(query));
  for (const auto& info : stale) {
    auto archived = archive_session(store, info, query);
    if (archived) {
      out.push_back(*std::move(archived));
    } else if (archived.error().kind == ErrorKind::busy) {
      log::info("cli: {}", archived.error().message);
    } else {
      return fail(std::move(archived).error());
    }
  }
  return {};
}

}  // namespace

Result<Archived> archive_session(store::Store& store, const store::SessionInfo& info, const store::StaleQuery& query) {
  // With the lease nothing is added to it between what is written and what is removed; what was before it, or below it,
  // is looked at again by the removal.
  ERRAND_TRY_ASSIGN(const auto lease, store.lease(info.id));
  ERRAND_TRY_ASSIGN(const auto directory, store.archive_directory());
  ERRAND_TRY_ASSIGN(const auto lines, lines_of_family(store, info.id));
  ERRAND_TRY_ASSIGN(auto path, free_name(directory, info.id, lines.text));
  const bool was_there = path_exists(path);
  ERRAND_TRY(write_file_atomic(path, lines.text, private_file));
  if (auto removed = store.remove_archived(lines.seen, query); !removed) {
    if (!was_there && removed.error().kind == ErrorKind::busy) ::unlink(path.c_str());
    return fail(std::move(removed).error());
  }
  return Archived{info, std::move(path)};
}

Result<std::vector<Archived>> apply_retention(store::Store& store, const config::SessionSettings& settings) {
  std::vector<Archived> out;
  store::StaleQuery query;
  query.limit = most_at_once;
  if (settings.retention.count() > 0) {
    query.before = now() - settings.retention;
    ERRAND_TRY(archive_stale(store, query, out));
    query.before.reset();
  }
  if (settings.max_sessions > 0) {
    query.keep_newest = settings.max_sessions;
    ERRAND_TRY(archive_stale(store, query, out));
  }
  return out;
}

}  // namespace errand::cli
