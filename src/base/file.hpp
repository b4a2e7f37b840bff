#pragma once

#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/error.hpp"

namespace errand {

/// Largest file read whole for configuration, prompts and attachments.
inline constexpr std::size_t max_file_bytes = std::size_t{256} << 20U;

/// The whole content of a regular file the user named. Fails with `failure` naming the path.
Result<std::string> read_file(const std::string& path, std::size_t max_bytes = max_file_bytes);

/// Replaces `path` by a temporary file beside it, fsync and rename: readers see the old content or the new, never a
/// part. An existing file keeps its mode; a new one gets `mode`.
Result<void> write_file_atomic(const std::string& path, std::string_view content, mode_t mode = 0644);

/// Makes `path` and its missing parents with `mode`.
Result<void> make_directories(const std::string& path, mode_t mode);

[[nodiscard]] bool is_directory(const std::string& path);
[[nodiscard]] bool is_regular_file(const std::string& path);
[[nodiscard]] bool path_exists(const std::string& path);

/// Lexical path helpers; nothing is looked up.
std::string join_path(std::string_view base, std::string_view rest);  ///< `rest` alone when it is absolute
std::string parent_path(std::string_view path);                       ///< "/" for "/", "." for a bare name
std::string file_name(std::string_view path);
std::string normalize_path(std::string_view path);  ///< "." and ".." and double slashes folded

/// Whether `path` is `directory` or lies below it, by whole components; both absolute and normalised.
[[nodiscard]] bool is_within(std::string_view path, std::string_view directory);

/// The absolute path with all symbolic links resolved; the file must exist.
Result<std::string> real_path(const std::string& path);

/// The process's working directory.
Result<std::string> current_directory();

}  // namespace errand
