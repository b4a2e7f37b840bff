#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "http/transport.hpp"

namespace errand::http {

// What went over the wire, as a file: JSON lines, so that it can be written as it goes, read by eye, searched, and
// compared by version control one line at a time. The first line says what the file is. Then each exchange is a group
// of lines of its own, whole and in one piece, in the order in which they ended:
//
//   {"type":"recording","version":1,"made_by":"errand 0.1.0","began":"2026-…Z","places":{"workspace":"/home/me/x"}}
//   {"type":"request","exchange":1,"at_ms":3,"notes":{"model":"…"},"method":"POST","url":"https://…","headers":[
//       "content-type: application/json"],"body":{…}}
//   {"type":"response","at_ms":410,"status":200,"headers":["content-type: text/event-stream"]}
//   {"type":"body","at_ms":410,"text":"event: …"}
//   {"type":"end","at_ms":900,"as":"whole"}
//
// `exchange` counts them in the order in which they began. Times are milliseconds since `began`. A body that is JSON is
// `body`, else `body_text` or `body_base64`. A piece of the response is `text`; the bytes of a character that was cut
// between two pieces are its `tail`, and the next one's `head`, in base64; a piece that is no text is `base64`.

/// The largest recording that is written or read, and the most exchanges in it.
inline constexpr std::size_t max_recording_bytes = std::size_t{128} << 20U;
inline constexpr std::size_t max_exchanges = 10'000;

/// A directory that is another one when the recording is played, and its name: {"workspace", "/home/me/project"}.
struct NamedPlace {
  std::string name;
  std::string path;
  bool operator==(const NamedPlace&) const = default;
};

struct RecordedPiece {
  std::chrono::milliseconds at{0};
  std::string bytes;
  bool operator==(const RecordedPiece&) const = default;
};

enum class RecordedEnd {
  whole,    ///< the server ended the response
  failed,   ///< `error` is what send() returned
  stopped,  ///< the reader of the body wanted no more
};

struct RecordedExchange {
  std::size_t number = 0;           ///< in the order they began, from 1
  std::chrono::milliseconds at{0};  ///< all times: since the recording began
  std::vector<Header> notes;        ///< Request::notes
  std::string method;
  std::string url;
  std::vector<Header> headers;
  std::string body;  ///< JSON is compact, in the order of its keys
  std::chrono::milliseconds answered_at{0};
  ResponseHead head;  ///< status 0: there was no response
  std::vector<RecordedPiece> pieces;
  std::chrono::milliseconds ended_at{0};
  RecordedEnd end = RecordedEnd::whole;
  std::optional<Error> error;

  /// The note of that name; empty when there is none.
  [[nodiscard]] std::string_view note(std::string_view name) const;
};

struct Recording {
  std::string file;     ///< for messages
  std::string made_by;  ///< "errand 0.1.0"
  std::string began;    ///< RFC 3339
  std::vector<NamedPlace> places;
  std::vector<RecordedExchange> exchanges;  ///< in the order they began
  std::string cut;  ///< the file ends in the middle, and where; empty: it does not. What is whole is there
};

/// The first line, and the lines of one exchange, each ended by '\n'.
std::string header_lines(const Recording& recording);
std::string exchange_lines(const RecordedExchange& exchange);

/// Whether the text begins as a recording does.
[[nodiscard]] bool looks_like_recording(std::string_view text);

/// Reads it back, strictly: whatever is no recording is `config` with its line. Nothing in it is followed: addresses,
/// paths and headers are values. `file` is its name in messages.
Result<Recording> parse_recording(std::string_view text, const std::string& file);

/// The same of a file; one that can't be read is `failure`.
Result<Recording> load_recording(const std::string& path);

}  // namespace errand::http
