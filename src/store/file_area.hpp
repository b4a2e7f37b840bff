#pragma once

#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/error.hpp"

namespace errand::store {

/// Makes `path` a directory with mode 0700 that is ours: made when missing (its parent must be there), narrowed when
/// wider. What is in the way, is a symbolic link, belongs to another user or can't be narrowed is ErrorKind::storage.
Result<void> make_private_directory(const std::string& path);

/// Narrows the mode of a file of ours to 0600 where it is wider. Opens nothing: closing any descriptor of a database
/// file would drop this process's locks on it (fcntl(2)).
Result<void> narrow_file(const std::string& path);

/// Where sessions' files are: `<root>/<session>/`.
class FileArea {
 public:
  /// Below `root`, which is made when first needed.
  explicit FileArea(std::string root) : root_(std::move(root)) {}

  /// In a private temporary directory, made when first needed and removed with everything in it.
  static FileArea temporary();

  FileArea(FileArea&& other) noexcept;
  FileArea& operator=(FileArea&&) = delete;
  ~FileArea();

  /// The session's directory, made with mode 0700. `session` is a valid id.
  Result<std::string> directory_of(std::string_view session);

  /// The same where it is there already; empty: it is not.
  [[nodiscard]] std::string existing_directory_of(std::string_view session) const;

  /// Removes the session's directory with all in it, or moves it to `target`, replacing nothing. What is not there is
  /// no failure.
  Result<void> remove(std::string_view session) const;
  Result<void> move(std::string_view session, const std::string& target) const;

 private:
  FileArea() = default;

  std::string root_;  ///< empty: temporary, not yet made
  bool removed_with_us_ = false;
};

}  // namespace errand::store
