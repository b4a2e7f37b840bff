#include "agent/changes.hpp"

#include <map>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"

namespace errand::agent {

namespace {

using Before = store::Snapshot::Before;

// The person's own eyes: outside of the project too, where the tools were let.
Result<std::optional<std::string>> content_now(const std::string& path, const sandbox::Workspace& files) {
  ERRAND_TRY_ASSIGN(const auto file, files.resolve(path, "/"));
  if (file.path != path) return fail(ErrorKind::failure, "it leads elsewhere by now");
  if (!file.exists) return std::nullopt;
  ERRAND_TRY_ASSIGN(const auto opened, files.open_file(file, sandbox::Leave::outside_too));
  if (opened.info.st_size > store::max_snapshot_bytes) return fail(ErrorKind::failure, "it is too large");
  ERRAND_TRY_ASSIGN(auto content, read_all(opened.fd.get(), static_cast<std::size_t>(store::max_snapshot_bytes)));
  return content;
}

FileChange change_of(const store::Snapshot& first, store::Snapshots& snapshots, const std::string& session,
                     const sandbox::Workspace& files) {
  FileChange out{.path = first.path, .before = {}, .now = {}, .unknown = {}};
  if (first.before == Before::left) out.unknown = "it was too large to be kept";
  if (first.before == Before::kept) {
    auto content = snapshots.snapshot_content(session, first.hash);
    if (content)
      out.before = *std::move(content);
    else
      out.unknown = content.error().message;
  }
  auto now = content_now(first.path, files);
  if (now)
    out.now = *std::move(now);
  else
    out.unknown = now.error().message;
  return out;
}

// The path that a call of a file tool names; empty: it is none.
std::string named_file(const chat::ToolCall& call, const std::string& cwd) {
  if (call.name != "Read" && call.name != "Edit" && call.name != "Write") return {};
  const auto input = chat::parse_arguments(call.arguments);
  if (!input || !input->is_object()) return {};
  const auto path = input->find("file_path");
  if (path == input->end() || !path->is_string()) return {};
  return normalize_path(join_path(cwd, path->get<std::string>()));
}

}  // namespace

Result<std::vector<FileChange>> changed_files(store::Snapshots& snapshots, const std::string& session,
                                              const sandbox::Workspace& files) {
  ERRAND_TRY_ASSIGN(const auto taken, snapshots.snapshots(session, 0));
  std::map<std::string, store::Snapshot> first;
  for (const auto& snapshot : taken) first.try_emplace(snapshot.path, snapshot);
  std::vector<FileChange> out;
  for (const auto& [path, snapshot] : first) out.push_back(change_of(snapshot, snapshots, session, files));
  return out;
}

std::vector<TouchedFile> touched_files(const std::vector<store::StoredMessage>& messages,
                                       const std::vector<store::Snapshot>& snapshots, const std::string& cwd) {
  std::map<std::string, chat::ToolCall> open;  // by id
  std::map<std::string, bool> changed;         // by path
  for (const auto& message : messages) {
    if (const auto* reply = std::get_if<chat::AssistantMessage>(&message.body)) {
      for (auto& call : reply->tool_calls()) open[call.id] = call;
    }
    const auto* result = std::get_if<chat::ToolResult>(&message.body);
    if (result == nullptr || result->is_error) continue;
    const auto call = open.extract(result->call_id);
    if (call.empty()) continue;
    const auto path = named_file(call.mapped(), cwd);
    if (!path.empty()) changed[path] |= call.mapped().name != "Read";
  }
  for (const auto& snapshot : snapshots) changed[snapshot.path] = true;
  std::vector<TouchedFile> out;
  for (const auto& [path, was_changed] : changed) out.push_back({path, was_changed});
  return out;
}

}  // namespace errand::agent
