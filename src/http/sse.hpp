#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace errand::http {

/// One dispatched server-sent event.
struct SseEvent {
  std::string type;  ///< The `event:` field; "message" when absent.
  std::string data;  ///< The `data:` lines joined with '\n', without a final one.
  bool operator==(const SseEvent&) const = default;
};

/// What the end of a stream left behind.
struct SseRest {
  /// An event that no blank line ended. It may lack more than that: who reads the data judges it.
  std::optional<SseEvent> event;
  bool cut = false;  ///< there are bytes of an event that has no data yet, or of bare JSON that is not closed
};

/// Splits a server-sent event stream into events, however the bytes arrive.
///
/// Follows the WHATWG HTML standard, section 9.2.6 "Interpreting an event
/// stream": lines end in LF, CR or CRLF; a leading BOM is dropped; lines that
/// start with ':' are comments; an event without `data:` is not dispatched.
/// `id:` and `retry:` are read past: no model API uses them. Bytes are passed
/// on as they came, also those that are no UTF-8: who reads the data judges
/// them.
///
/// Beyond the standard, bare JSON where an event could begin (a line that
/// starts with '{' or '[', up to the line that closes it) is an event of its
/// own: Google tells an error in mid-stream that way, and whoever read past it
/// would take a failed reply for a whole one.
class SseParser {
 public:
  /// Bytes one event may hold before feed() fails.
  static constexpr std::size_t max_event_bytes = 16U << 20U;

  /// Takes the next `bytes` of the body and returns the events they complete,
  /// in order. Fails with ErrorKind::unavailable once an event outgrows
  /// max_event_bytes; the parser must not be used after that.
  Result<std::vector<SseEvent>> feed(std::string_view bytes);

  /// The stream ended. The standard discards what comes of it; here it is handed over, since a server that forgets the
  /// last line end has said it all the same, and so has one that broke off.
  SseRest finish();

 private:
  std::string_view without_byte_order_mark(std::string_view bytes);
  [[nodiscard]] bool fits(std::size_t line_bytes) const;
  void end_line(std::string_view line, std::vector<SseEvent>& out);
  void add_field(std::string_view line);
  void add_bare_json(std::string_view line, std::vector<SseEvent>& out);

  std::string line_;       ///< the line begun by earlier bytes
  SseEvent event_;         ///< each data line with its '\n' until it is dispatched
  std::string bare_json_;  ///< the lines of bare JSON that is not closed yet
  std::size_t bare_depth_ = 0;
  std::size_t mark_bytes_ = 0;
  bool at_start_ = true;
  bool last_was_cr_ = false;
};

}  // namespace errand::http
