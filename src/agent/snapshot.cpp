#include "agent/snapshot.hpp"

#include <algorithm>

#include "base/fd.hpp"
#include "base/sha256.hpp"
#include "base/try.hpp"

namespace errand::agent {

namespace {

using store::max_snapshot_bytes;

// What of a file that is no larger than is kept; nothing of a larger one.
Result<std::string> small_content(const sandbox::OpenedFile& opened) {
  if (opened.info.st_size > max_snapshot_bytes) return std::string();
  return read_all(opened.fd.get(), static_cast<std::size_t>(max_snapshot_bytes));
}

}  // namespace

Result<std::vector<KeptFile>> keep_before(const tool::Context& context, store::Snapshots& snapshots,
                                          const std::string& session, const std::vector<sandbox::Resolved>& files) {
  std::vector<KeptFile> out;
  for (const auto& file : files) {
    if (!file.exists) {
      ERRAND_TRY_ASSIGN(const auto snapshot, snapshots.keep_absent(session, context.call_id, file.path));
      out.push_back({snapshot, file});
      continue;
    }
    const auto opened = context.files.open_file(file, context.leave);
    if (!opened) continue;
    const auto content = small_content(*opened);
    if (!content) continue;
    const auto size = std::max<std::int64_t>(opened->info.st_size, static_cast<std::int64_t>(content->size()));
    ERRAND_TRY_ASSIGN(const auto snapshot, snapshots.keep_content(session, context.call_id, file.path, *content, size));
    out.push_back({snapshot, file});
  }
  return out;
}

Result<void> note_after(const tool::Context& context, store::Snapshots& snapshots, const std::vector<KeptFile>& kept) {
  for (const auto& [snapshot, file] : kept) {
    auto now = file;
    now.exists = true;
    std::string hash;
    if (const auto opened = context.files.open_file(now, context.leave)) {
      if (const auto content = small_content(*opened)) hash = sha256_hex(*content);
    }
    ERRAND_TRY(snapshots.note_after(snapshot, hash));
  }
  return {};
}

}  // namespace errand::agent
