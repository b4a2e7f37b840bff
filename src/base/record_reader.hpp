#pragma once

#include <optional>
#include <string>

#include "base/call.hpp"
#include "base/error.hpp"

namespace errand {

/// Waits until `fd` can be read (or is at its end). `cancelled` or `timeout` as `call` says.
Result<void> wait_readable(int fd, const Call& call);

/// Reads records that end in a delimiter from a descriptor as they arrive. Not thread-safe; borrows the descriptor.
class RecordReader {
 public:
  RecordReader(int fd, std::string delimiter, std::size_t max_record_bytes)
      : fd_(fd), delimiter_(std::move(delimiter)), max_(max_record_bytes) {}

  /// The next record without its delimiter; nullopt at end of input. A last record may lack its delimiter. Fails with
  /// `cancelled` or `timeout` as `call` says, `limit` for a record that is too long, `failure` when reading fails.
  Result<std::optional<std::string>> next(const Call& call);

  /// Forgets what was read but not yet returned: what was typed before a question is no answer to it.
  void drop_pending() { buffer_.clear(); }

 private:
  Result<bool> fill(const Call& call);

  int fd_;
  std::string delimiter_;
  std::size_t max_;
  std::string buffer_;
  bool at_end_ = false;
};

}  // namespace errand
