#include "agent/restore.hpp"

#include <map>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/sha256.hpp"
#include "base/try.hpp"

namespace errand::agent {

namespace {

using Action = RestoreStep::Action;
using Before = store::Snapshot::Before;
using sandbox::Leave;
using store::max_snapshot_bytes;

// A file as it is now; an empty hash: there is none, or it is too large to be one of ours.
struct Present {
  sandbox::Resolved file;
  std::string content;
  std::string hash;
  struct stat info {};
};

// The person's own word: outside the project too, where the tools were let.
Result<Present> look(const std::string& path, const sandbox::Workspace& files) {
  Present out;
  ERRAND_TRY_ASSIGN(out.file, files.resolve(path, "/"));
  if (out.file.path != path) return fail(ErrorKind::failure, fmt::format("{} leads elsewhere by now", path));
  if (!out.file.exists) return out;
  ERRAND_TRY_ASSIGN(const auto opened, files.open_file(out.file, Leave::outside_too));
  out.info = opened.info;
  if (opened.info.st_size > max_snapshot_bytes) return out;
  ERRAND_TRY_ASSIGN(out.content, read_all(opened.fd.get(), static_cast<std::size_t>(max_snapshot_bytes)));
  out.hash = sha256_hex(out.content);
  return out;
}

// The first and the last change of one file.
struct Span {
  store::Snapshot first;
  store::Snapshot last;
  bool broken = false;  // between two changes somebody else changed it
};

// Whether a change found the file as the one before it had left it.
bool follows(const store::Snapshot& later, const store::Snapshot& earlier) {
  if (!earlier.ended) return false;
  return later.before == Before::absent ? earlier.after_hash.empty() : later.hash == earlier.after_hash;
}

std::map<std::string, Span> spans_of(const std::vector<store::Snapshot>& snapshots) {
  std::map<std::string, Span> out;
  for (const auto& snapshot : snapshots) {
    const auto known = out.find(snapshot.path);
    if (known == out.end()) {
      out.insert({snapshot.path, {snapshot, snapshot}});
    } else {
      known->second.broken |= !follows(snapshot, known->second.last);
      known->second.last = snapshot;
    }
  }
  return out;
}

RestoreStep step_for(const std::string& path, const Span& span, const Result<Present>& now, Foreign foreign) {
  const auto leave = [&](std::string reason) { return RestoreStep{path, Action::leave, std::move(reason), {}}; };
  if (!now) return leave(now.error().message);
  const bool as_before =
      span.first.before == Before::absent ? !now->file.exists : !now->hash.empty() && now->hash == span.first.hash;
  if (as_before) return leave("it is as it was");
  if (span.first.before == Before::left) return leave("it was too large to be kept");
  const bool ours =
      !span.broken && span.last.ended && now->hash == span.last.after_hash && now->file.exists != now->hash.empty();
  if (!ours && foreign == Foreign::keep) return {path, Action::leave, std::string(changed_by_others), {}};
  if (span.first.before == Before::kept) return {path, Action::write, {}, span.first.hash};
  return now->file.exists ? RestoreStep{path, Action::remove, {}, {}} : leave("it is as it was");
}

Result<std::int64_t> keep(const Present& now, store::Snapshots& snapshots, const std::string& session) {
  constexpr std::string_view by = "rewind";
  if (!now.file.exists) return snapshots.keep_absent(session, by, now.file.path);
  return snapshots.keep_content(session, by, now.file.path, now.content, now.info.st_size);
}

}  // namespace

Result<std::vector<RestoreStep>> plan_restore(store::Snapshots& snapshots, const std::string& session,
                                              std::int64_t position, const sandbox::Workspace& files, Foreign foreign) {
  ERRAND_TRY_ASSIGN(const auto taken, snapshots.snapshots(session, position));
  std::vector<RestoreStep> out;
  for (const auto& [path, span] : spans_of(taken)) out.push_back(step_for(path, span, look(path, files), foreign));
  return out;
}

Result<void> restore(const RestoreStep& step, store::Snapshots& snapshots, const std::string& session,
                     const sandbox::Workspace& files) {
  if (step.action == Action::leave) return {};
  ERRAND_TRY_ASSIGN(const auto now, look(step.path, files));
  std::string content;
  if (step.action == Action::write) {
    ERRAND_TRY_ASSIGN(content, snapshots.snapshot_content(session, step.hash));
  }
  // Going back is a change of ours too, and can be gone back from.
  ERRAND_TRY_ASSIGN(const auto kept, keep(now, snapshots, session));
  if (step.action == Action::remove) {
    ERRAND_TRY(files.remove_file(now.file, now.info, Leave::outside_too));
  } else {
    ERRAND_TRY(files.write_file(now.file, content, now.file.exists ? &now.info : nullptr, Leave::outside_too));
  }
  return snapshots.note_after(kept, step.action == Action::remove ? std::string() : step.hash);
}

sandbox::SandboxPolicy restore_policy(const std::string& project) {
  sandbox::SandboxPolicy policy;
  policy.workspace = project;
  policy.writable = {project};
  return policy;
}

}  // namespace errand::agent
