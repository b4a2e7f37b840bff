#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json_fwd.hpp"
#include "base/secrets.hpp"
#include "store/upkeep.hpp"

namespace errand::cli {

// A session as JSON lines, the form that export writes and import reads back. The first line is about the session
// (role "system", the facts in `metadata.session`, its runs in `metadata.runs`), then one object for each message and
// event in their order: role (user, assistant, tool_use, tool_result, system, event), content, timestamp, message_id,
// tool_name, tool_use_id, is_error, metadata. Sessions may follow one another, each behind its own first line.

std::string lines_of(const store::WholeSession& session, const std::vector<store::Upkeep::KeptFile>& files);

/// The same as one document: the facts, `runs`, and `records` as `show --json` has them. It reads back to an equal
/// session as well; several stand in `sessions` of one.
Json document_of(const store::WholeSession& session, const std::vector<store::Upkeep::KeptFile>& files);

/// A line that was passed over.
struct SkippedLine {
  std::size_t number = 0;  ///< from 1
  std::string reason;
  bool operator==(const SkippedLine&) const = default;
};

struct ReadSessions {
  std::vector<store::WholeSession> sessions;  ///< each one could be imported; ids are given where the text has none
  std::vector<SkippedLine> skipped;           ///< what could not be read
  std::size_t left_out = 0;                   ///< lines that are no part of a conversation, by their kind
};

/// Bytes a line may have: more than an export writes. SQLite keeps at most a thousand million for a message; its line
/// has them once, and as `raw` again with a backslash before each quote.
inline constexpr std::size_t max_session_line_bytes = (std::size_t{4} << 30U) - 1;

enum class LineFormat { automatic, errand, claude_code };

/// Reads JSON lines, or a document, that may be anybody's. A line that can't be read is skipped and reported, and costs
/// no other; secrets are taken out. `automatic` looks at the first line that is JSON.
ReadSessions read_session_lines(std::string_view text, LineFormat format, const secrets::Redactor& secrets);

/// The same for transcripts of Claude Code: `<config>/projects/<directory>/<session>.jsonl`. What subagents said
/// (`isSidechain`) is left out; a prompt that follows an earlier message than the newest is a rewind to that.
ReadSessions read_claude_transcript(std::string_view text);

/// For those who read lines: the next one and its number; false at the end.
class LineCursor {
 public:
  explicit LineCursor(std::string_view text) : rest_(text) {}
  bool next();
  [[nodiscard]] std::string_view line() const { return line_; }
  [[nodiscard]] std::size_t number() const { return number_; }

 private:
  std::string_view rest_;
  std::string_view line_;
  std::size_t number_ = 0;
};

/// Whether a stored id may be taken from a file: one line of at most 200 bytes of valid UTF-8.
[[nodiscard]] bool is_plain_id(std::string_view id);

/// A session's title from its first prompt.
std::string title_from(std::string_view text);

/// A record as JSON for those who look at a session: `show --json`, `tail --json`.
Json record_json(const store::StoredRecord& record);

/// What of it is the record's own text, without what record_json() and document_of() put beside.
Json body_of_record(const Json& record);

/// The facts of a session as every listing shows them.
Json session_json(const store::SessionInfo& info);

}  // namespace errand::cli
