#pragma once

#include <string>
#include <string_view>

#include <sys/stat.h>

#include "base/error.hpp"
#include "tool/tool.hpp"

namespace errand::tool {

// What the file tools share.

/// Bytes of the largest file Edit changes; beyond that a model should use a program.
inline constexpr std::size_t max_edited_bytes = 16U << 20U;

/// A path as a model can write it back: relative to the call's cwd where it lies below it, else absolute. Sanitised.
std::string shown_path(const Context& context, std::string_view absolute_path);

/// Notes that the session has seen the file at `path` as `info` describes it.
void remember_seen(SessionState& state, const std::string& path, const struct stat& info);

/// The same after the session wrote it. A file that is gone again is forgotten.
void remember_written(const Context& context, const sandbox::Resolved& file, std::size_t size_bytes);

/// Fails with `failure` unless the session has seen the file as it is now.
Result<void> require_seen(const Context& context, const sandbox::Resolved& file, const struct stat& now);

struct WholeFile {
  std::string content;
  struct stat info;
};

/// The bytes of a file of at most max_edited_bytes. `failure` when it is larger.
Result<WholeFile> read_whole(const Context& context, const sandbox::Resolved& file);

/// Lines as an editor counts them: a final '\n' opens no further one.
std::size_t count_lines(std::string_view text);

}  // namespace errand::tool
