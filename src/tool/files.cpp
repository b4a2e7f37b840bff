#include "tool/files.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"

namespace errand::tool {

namespace {

SessionState::Seen seen_of(const struct stat& info) {
  return {info.st_dev, info.st_ino, info.st_mtim, info.st_size};
}

bool same(const SessionState::Seen& a, const SessionState::Seen& b) {
  return a.device == b.device && a.inode == b.inode && a.modified.tv_sec == b.modified.tv_sec &&
         a.modified.tv_nsec == b.modified.tv_nsec && a.size == b.size;
}

}  // namespace

std::string shown_path(const Context& context, std::string_view absolute_path) {
  if (absolute_path != context.cwd && context.cwd != "/" && is_within(absolute_path, context.cwd)) {
    absolute_path.remove_prefix(context.cwd.size() + 1);
  }
  return unicode::sanitize(absolute_path);
}

void remember_seen(SessionState& state, const std::string& path, const struct stat& info) {
  state.seen_files.with([&](auto& seen) { seen[path] = seen_of(info); });
}

void remember_written(const Context& context, const sandbox::Resolved& file, std::size_t size_bytes) {
  const auto opened = context.files.open_file({file.path, file.place, true}, context.leave);
  // Another program may have been quicker: then what lies there is not what the model knows.
  if (opened && static_cast<std::size_t>(opened->info.st_size) == size_bytes) {
    return remember_seen(context.state, file.path, opened->info);
  }
  context.state.seen_files.with([&](auto& seen) { seen.erase(file.path); });
}

Result<void> require_seen(const Context& context, const sandbox::Resolved& file, const struct stat& now) {
  const auto refuse = [&](std::string_view why) {
    return fail(ErrorKind::failure, fmt::format("\"{}\" {}", shown_path(context, file.path), why));
  };
  enum class Known { no, old, current };
  const auto known = context.state.seen_files.with([&](const auto& seen) {
    const auto found = seen.find(file.path);
    if (found == seen.end()) return Known::no;
    return same(found->second, seen_of(now)) ? Known::current : Known::old;
  });
  if (known == Known::no) return refuse("exists and has not been read yet; Read it first, then change it");
  if (known == Known::old) return refuse("changed on disk since it was read; Read it again, then change it");
  return {};
}

Result<WholeFile> read_whole(const Context& context, const sandbox::Resolved& file) {
  ERRAND_TRY_ASSIGN(const auto opened, context.files.open_file(file, context.leave));
  const auto too_large = [&](std::uintmax_t bytes) {
    return fail(ErrorKind::failure,
                fmt::format("\"{}\" has {} bytes; files over {} MiB can only be changed with a program",
                            shown_path(context, file.path), bytes, max_edited_bytes >> 20U));
  };
  const auto size = static_cast<std::uintmax_t>(opened.info.st_size);
  if (size > max_edited_bytes) return too_large(size);
  auto content = read_all(opened.fd.get(), max_edited_bytes);
  if (!content && content.error().kind == ErrorKind::limit) return too_large(max_edited_bytes + 1);
  if (!content) return fail(std::move(content).error());
  return WholeFile{*std::move(content), opened.info};
}

std::size_t count_lines(std::string_view text) {
  const auto newlines = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  return newlines + (text.empty() || text.ends_with('\n') ? 0 : 1);
}

}  // namespace errand::tool
