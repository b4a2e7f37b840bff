#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/json_fwd.hpp"
#include "cli/map_output.hpp"

namespace errand::cli {

/// What `errand map` wrote before: lines of records, found by their index. Only where each begins is held in memory.
/// Thread-safe.
class EarlierOutput {
 public:
  /// `failure` when the file is not there, or holds something else than such lines. A last line that was cut is passed
  /// over.
  static Result<EarlierOutput> read(const std::string& path);

  struct Line {
    std::string text;  ///< as it stands there, without its end
    RecordEnd end = RecordEnd::done;
  };
  /// The line of that record, when its input was the same.
  [[nodiscard]] std::optional<Line> find(std::size_t index, const Json& input) const;

  /// Whether `fd` is the very file: writing there would destroy or double what is read.
  [[nodiscard]] bool is_file_of(int fd) const;

 private:
  struct Place {
    std::int64_t offset = 0;
    std::size_t bytes = 0;
  };

  explicit EarlierOutput(Fd file) : file_(std::move(file)) {}

  Fd file_;
  std::unordered_map<std::size_t, Place> places_;
};

}  // namespace errand::cli
