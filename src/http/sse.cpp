#include "http/sse.hpp"

#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace errand::http {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// Finds line ends. Remembers where the next LF and the next CR are, so that a piece is scanned once for each, also when
// it has only one kind.
class LineEnds {
 public:
  explicit LineEnds(std::string_view bytes) : bytes_(bytes) {}

  // The first CR or LF at or after `from`, or the end.
  std::size_t next(std::size_t from) {
    if (lf_ < from || !started_) lf_ = find('\n', from);
    if (cr_ < from || !started_) cr_ = find('\r', from);
    started_ = true;
    return lf_ < cr_ ? lf_ : cr_;
  }

 private:
  [[nodiscard]] std::size_t find(char c, std::size_t from) const {
    if (from >= bytes_.size()) return bytes_.size();
    const void* found = std::memchr(bytes_.data() + from, c, bytes_.size() - from);
    if (found == nullptr) return bytes_.size();
    return static_cast<std::size_t>(static_cast<const char*>(found) - bytes_.data());
  }

  std::string_view bytes_;
  std::size_t lf_ = 0;
  std::size_t cr_ = 0;
  bool started_ = false;
};

// How deep the brackets of JSON stand after `line`; its strings hold no line ends. 0: it is closed.
std::size_t depth_after(std::string_view line, std::size_t depth) {
  bool in_string = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (in_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == '{' || c == '[')) {
      ++depth;
    } else if (!in_string && (c == '}' || c == ']') && --depth == 0) {
      return 0;
    }
  }
  return depth;
}

tl::unexpected<Error> outgrown() {
  return fail(ErrorKind::unavailable, fmt::format("a streamed event exceeds {} bytes", SseParser::max_event_bytes),
              "the endpoint may not be speaking server-sent events; check base_url");
}

}  // namespace

Result<std::vector<SseEvent>> SseParser::feed(std::string_view bytes) {
  std::vector<SseEvent> out;
  bytes = without_byte_order_mark(bytes);
  if (last_was_cr_ && !bytes.empty()) {
    if (bytes.front() == '\n') bytes.remove_prefix(1);
    last_was_cr_ = false;
  }
  LineEnds ends(bytes);
  std::size_t from = 0;
  while (from < bytes.size()) {
    const std::size_t end = ends.next(from);
    const auto piece = bytes.substr(from, end - from);
    if (!fits(line_.size() + piece.size())) return outgrown();
    if (end == bytes.size()) {
      line_ += piece;
      break;
    }
    if (line_.empty()) {
      end_line(piece, out);
    } else {
      line_ += piece;
      end_line(line_, out);
      line_.clear();
    }
    from = end + 1;
    if (bytes[end] != '\r') continue;
    if (from == bytes.size()) {
      last_was_cr_ = true;
    } else if (bytes[from] == '\n') {
      ++from;
    }
  }
  return out;
}

// One event at most: bare JSON begins only where no data has come.
SseRest SseParser::finish() {
  std::vector<SseEvent> out;
  const std::string line = std::exchange(line_, {});
  if (!line.empty()) end_line(line, out);
  const bool begun = !bare_json_.empty() || !event_.type.empty() || (!line.empty() && line.front() != ':');
  end_line({}, out);
  if (out.empty()) return {std::nullopt, begun};
  return {std::move(out.front()), false};
}

std::string_view SseParser::without_byte_order_mark(std::string_view bytes) {
  while (at_start_ && !bytes.empty()) {
    if (bytes.front() != byte_order_mark[mark_bytes_]) {
      line_ = byte_order_mark.substr(0, mark_bytes_);
      at_start_ = false;
      break;
    }
    bytes.remove_prefix(1);
    at_start_ = ++mark_bytes_ < byte_order_mark.size();
  }
  return bytes;
}

bool SseParser::fits(std::size_t line_bytes) const {
  return line_bytes + event_.data.size() + event_.type.size() + bare_json_.size() <= max_event_bytes;
}

void SseParser::end_line(std::string_view line, std::vector<SseEvent>& out) {
  if (!line.empty()) {
    const bool bare = event_.data.empty() && (line.front() == '{' || line.front() == '[');
    if (bare || !bare_json_.empty()) return add_bare_json(line, out);
    return add_field(line);
  }
  bare_json_.clear();
  bare_depth_ = 0;
  SseEvent event = std::exchange(event_, {});
  if (event.data.empty()) return;
  event.data.pop_back();
  if (event.type.empty()) event.type = "message";
  out.push_back(std::move(event));
}

// A field's value loses one leading space, no more. A comment is a field without a name.
void SseParser::add_field(std::string_view line) {
  const auto colon = line.find(':');
  const auto name = line.substr(0, colon);
  auto value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "data") {
    event_.data.reserve(event_.data.size() + value.size() + 1);
    event_.data += value;
    event_.data += '\n';
  } else if (name == "event") {
    event_.type = value;
  }
}

// An empty line before it is closed makes it what the standard says: fields that nobody knows.
void SseParser::add_bare_json(std::string_view line, std::vector<SseEvent>& out) {
  bare_json_ += line;
  bare_json_ += '\n';
  bare_depth_ = depth_after(line, bare_depth_);
  if (bare_depth_ == 0) out.push_back({"message", std::exchange(bare_json_, {})});
}

}  // namespace errand::http
