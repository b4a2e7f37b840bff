#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/line_source.hpp"
#include "cli/session_lines.hpp"

namespace errand::cli {

/// A session as it stood in a text.
struct ReadSession {
  store::WholeSession session;
  std::vector<store::Upkeep::KeptFile> files;  ///< that it had; the text does not hold them. Anybody's names and sizes
};

/// Reads sessions one after another, as read_session_lines() does; of our own lines it holds one session at a time,
/// however many there are. Borrows what it is made of. Not thread-safe.
class SessionReader {
 public:
  SessionReader(LineSource& lines, LineFormat format, const secrets::Redactor& secrets);

  /// nullopt behind the last one. Fails when its source does, and with `limit` for a transcript of another program, or
  /// a document over several lines, that is larger than a file may be.
  Result<std::optional<ReadSession>> next();

  /// What was passed over so far: the first thousand lines, and how many there were.
  [[nodiscard]] const std::vector<SkippedLine>& skipped() const { return skipped_; }
  [[nodiscard]] std::size_t skipped_count() const { return skipped_count_; }
  [[nodiscard]] std::size_t left_out() const { return left_out_; }

 private:
  Result<void> take_next();
  Result<std::string> rest_of_text(std::string_view first);
  Result<void> take_transcript(std::string_view first);
  Result<void> take_document(std::string_view first);
  void take_session(const Json& document);
  Result<void> take_line(const Json& line);
  void begin(const Json& metadata, const Json& line);
  Result<void> take_record(const Json& line, const Json& metadata);
  bool belongs_elsewhere(const Json& metadata);
  Result<void> name_message(store::StoredRecord& record, Json& body);
  void skip(const std::string& reason);
  void finish();

  LineSource& lines_;
  LineFormat format_;
  const secrets::Redactor& secrets_;
  std::size_t number_ = 0;  ///< of the line that was read last
  bool at_end_ = false;
  std::deque<ReadSession> finished_;
  std::optional<ReadSession> current_;
  bool has_first_line_ = false;     ///< the current one has one that tells about it
  std::size_t broken_ = 0;          ///< lines skipped since the newest record
  std::int64_t last_position_ = 0;  ///< of the newest record, as its line has it; 0: none
  bool first_line_lost_ = false;    ///< records are of a session whose first line could not be read
  std::set<std::string> ids_;       ///< of the current one's messages
  std::vector<SkippedLine> skipped_;
  std::size_t skipped_count_ = 0;
  std::size_t left_out_ = 0;
};

}  // namespace errand::cli
