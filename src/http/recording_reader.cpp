#include <algorithm>
#include <array>
#include <cstdint>
#include <set>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"
#include "http/recording.hpp"
#include "http/recording_format.hpp"

// The reading half of recording.hpp. The file may be anybody's: each value is checked for its type and range.
namespace errand::http {

namespace {

using std::chrono::milliseconds;

constexpr std::int64_t longest_ms = std::int64_t{366} * 24 * 3600 * 1000;
constexpr std::size_t max_notes = 16;
constexpr std::size_t max_headers = 200;

tl::unexpected<Error> wrong(std::string_view what) {
  return fail(ErrorKind::config, fmt::format("no recording of ours: {}", what), "record it anew with --record");
}

Result<const Json*> member(const Json& line, const char* key) {
  const auto found = line.find(key);
  if (found == line.end()) return wrong(fmt::format("a line has no \"{}\"", key));
  return &*found;
}

Result<std::string> text_of(const Json& line, const char* key) {
  ERRAND_TRY_ASSIGN(const auto* value, member(line, key));
  if (!value->is_string()) return wrong(fmt::format("\"{}\" is no text", key));
  return value->get<std::string>();
}

Result<std::string> text_if_any(const Json& line, const char* key) {
  if (!line.contains(key)) return std::string();
  return text_of(line, key);
}

Result<std::string> bytes_if_any(const Json& line, const char* key) {
  ERRAND_TRY_ASSIGN(const auto text, text_if_any(line, key));
  auto bytes = chat::base64_decode(text);
  if (!bytes) return wrong(fmt::format("\"{}\" is no base64", key));
  return bytes;
}

Result<std::int64_t> number_of(const Json& line, const char* key, std::int64_t least, std::int64_t most) {
  ERRAND_TRY_ASSIGN(const auto* value, member(line, key));
  const auto* number = value->get_ptr<const std::int64_t*>();
  const auto* natural = value->get_ptr<const std::uint64_t*>();
  const bool fits = natural != nullptr ? *natural <= static_cast<std::uint64_t>(most) &&
                                             *natural >= static_cast<std::uint64_t>(std::max<std::int64_t>(least, 0))
                                       : number != nullptr && *number >= least && *number <= most;
  if (!fits) return wrong(fmt::format("\"{}\" is no number from {} to {}", key, least, most));
  return natural != nullptr ? static_cast<std::int64_t>(*natural) : *number;
}

Result<milliseconds> time_of(const Json& line) {
  ERRAND_TRY_ASSIGN(const auto ms, number_of(line, "at_ms", 0, longest_ms));
  return milliseconds(ms);
}

Result<std::vector<Header>> headers_of(const Json& line) {
  ERRAND_TRY_ASSIGN(const auto* list, member(line, "headers"));
  if (!list->is_array() || list->size() > max_headers) return wrong("\"headers\" is no list of headers");
  std::vector<Header> out;
  for (const auto& item : *list) {
    const auto* written = item.get_ptr<const std::string*>();
    const auto colon = written == nullptr ? std::string::npos : written->find(": ");
    if (colon == std::string::npos) return wrong("a header is no \"name: value\"");
    out.push_back({written->substr(0, colon), written->substr(colon + 2)});
  }
  return out;
}

// A map of texts, by name.
Result<std::vector<Header>> map_if_any(const Json& line, const char* key) {
  std::vector<Header> out;
  const auto found = line.find(key);
  if (found == line.end()) return out;
  if (!found->is_object() || found->size() > max_notes) return wrong(fmt::format("\"{}\" is no map of texts", key));
  for (const auto& [name, value] : found->items()) {
    if (!value.is_string()) return wrong(fmt::format("\"{}\" is no map of texts", key));
    out.push_back({name, value.get<std::string>()});
  }
  return out;
}

Result<std::string> request_body(const Json& line) {
  if (const auto json = line.find("body"); json != line.end()) return chat::dump(*json);
  if (line.contains("body_base64")) return bytes_if_any(line, "body_base64");
  return text_if_any(line, "body_text");
}

Result<RecordedPiece> piece_of(const Json& line) {
  RecordedPiece out;
  ERRAND_TRY_ASSIGN(out.at, time_of(line));
  if (line.contains("base64")) {
    ERRAND_TRY_ASSIGN(out.bytes, bytes_if_any(line, "base64"));
    return out;
  }
  ERRAND_TRY_ASSIGN(out.bytes, bytes_if_any(line, "head"));
  ERRAND_TRY_ASSIGN(const auto text, text_of(line, "text"));
  ERRAND_TRY_ASSIGN(const auto tail, bytes_if_any(line, "tail"));
  out.bytes += text;
  out.bytes += tail;
  return out;
}

Result<Error> error_of(const Json& line) {
  ERRAND_TRY_ASSIGN(const auto* written, member(line, "error"));
  if (!written->is_object()) return wrong("\"error\" is no map");
  ERRAND_TRY_ASSIGN(const auto kind_name, text_of(*written, "kind"));
  const auto kind = error_kind_named(kind_name);
  if (!kind) return wrong("an error of a kind that is none");
  Error out{.kind = *kind};
  ERRAND_TRY_ASSIGN(out.message, text_of(*written, "message"));
  ERRAND_TRY_ASSIGN(out.hint, text_if_any(*written, "hint"));
  const auto retryable = written->find("retryable");
  out.retryable = retryable != written->end() && retryable->is_boolean() && retryable->get<bool>();
  return out;
}

Result<RecordedEnd> end_named(std::string_view name) {
  if (name == recording_format::whole) return RecordedEnd::whole;
  if (name == recording_format::failed) return RecordedEnd::failed;
  if (name == recording_format::stopped) return RecordedEnd::stopped;
  return wrong("an exchange ends as it can't");
}

// Takes line after line.
class RecordingReader {
 public:
  explicit RecordingReader(std::string file) { out_.file = std::move(file); }

  Result<void> take(const Json& line) {
    if (!line.is_object()) return wrong("a line is no map");
    ERRAND_TRY_ASSIGN(const auto type, text_of(line, "type"));
    if (out_.began.empty()) return take_header(line, type);
    if (type == recording_format::request) return take_request(line);
    if (!open_) return wrong("a line stands outside an exchange");
    if (type == recording_format::response) return take_response(line);
    if (type == recording_format::body) return take_piece(line);
    if (type == recording_format::end) return take_end(line);
    return wrong("a line of an unknown type");
  }

  [[nodiscard]] bool has_header() const { return !out_.began.empty(); }
  [[nodiscard]] bool in_exchange() const { return open_.has_value(); }

  Recording finish(std::string cut) {
    std::ranges::sort(out_.exchanges, {}, &RecordedExchange::number);
    out_.cut = std::move(cut);
    return std::move(out_);
  }

 private:
  Result<void> take_header(const Json& line, std::string_view type) {
    if (type != recording_format::recording) return wrong("its first line does not say that it is one");
    ERRAND_TRY_ASSIGN(const auto version, number_of(line, "version", 1, INT64_MAX));
    if (version > recording_format::version) {
      return fail(ErrorKind::config, fmt::format("a recording of version {}; this program reads version {}", version,
                                                 recording_format::version));
    }
    ERRAND_TRY_ASSIGN(out_.made_by, text_of(line, "made_by"));
    ERRAND_TRY_ASSIGN(auto began, text_of(line, "began"));
    if (began.empty()) return wrong("\"began\" is empty");
    ERRAND_TRY_ASSIGN(const auto places, map_if_any(line, "places"));
    for (const auto& place : places) out_.places.push_back({place.name, place.value});
    out_.began = std::move(began);
    return {};
  }

  Result<void> take_request(const Json& line) {
    if (open_) return wrong("an exchange begins within another");
    if (out_.exchanges.size() >= max_exchanges) return wrong(fmt::format("more than {} exchanges", max_exchanges));
    RecordedExchange exchange;
    ERRAND_TRY_ASSIGN(const auto number, number_of(line, "exchange", 1, INT64_MAX));
    exchange.number = static_cast<std::size_t>(number);
    if (!numbers_.insert(exchange.number).second) return wrong(fmt::format("exchange {} is there twice", number));
    ERRAND_TRY_ASSIGN(exchange.at, time_of(line));
    ERRAND_TRY_ASSIGN(exchange.notes, map_if_any(line, "notes"));
    ERRAND_TRY_ASSIGN(exchange.method, text_of(line, "method"));
    ERRAND_TRY_ASSIGN(exchange.url, text_of(line, "url"));
    ERRAND_TRY_ASSIGN(exchange.headers, headers_of(line));
    ERRAND_TRY_ASSIGN(exchange.body, request_body(line));
    open_ = std::move(exchange);
    return {};
  }

  Result<void> take_response(const Json& line) {
    if (open_->head.status != 0) return wrong("an exchange has two responses");
    ERRAND_TRY_ASSIGN(open_->answered_at, time_of(line));
    ERRAND_TRY_ASSIGN(const auto status, number_of(line, "status", 100, 599));
    ERRAND_TRY_ASSIGN(open_->head.headers, headers_of(line));
    open_->head.status = static_cast<int>(status);
    return {};
  }

  Result<void> take_piece(const Json& line) {
    if (open_->head.status == 0) return wrong("a body without a response");
    ERRAND_TRY_ASSIGN(auto piece, piece_of(line));
    open_->pieces.push_back(std::move(piece));
    return {};
  }

  Result<void> take_end(const Json& line) {
    ERRAND_TRY_ASSIGN(open_->ended_at, time_of(line));
    ERRAND_TRY_ASSIGN(const auto as, text_of(line, "as"));
    ERRAND_TRY_ASSIGN(open_->end, end_named(as));
    if (open_->end == RecordedEnd::failed) {
      ERRAND_TRY_ASSIGN(open_->error, error_of(line));
    } else if (open_->head.status == 0) {
      return wrong("an exchange has neither a response nor an error");
    }
    out_.exchanges.push_back(*std::move(open_));
    open_.reset();
    return {};
  }

  Recording out_;
  std::set<std::size_t> numbers_;
  std::optional<RecordedExchange> open_;
};

tl::unexpected<Error> at_line(Error error, const std::string& file, int line) {
  error.kind = ErrorKind::config;
  error.where = Location{file, line, 0};
  return fail(std::move(error));
}

}  // namespace

bool looks_like_recording(std::string_view text) {
  const auto first = chat::parse_json(text::first_line(text));
  return first && RecordingReader("").take(*first).has_value();
}

// A program that was killed leaves a last group, or a last line, that is not whole: that alone is no mistake.
Result<Recording> parse_recording(std::string_view text, const std::string& file) {
  RecordingReader reader(file);
  int number = 0;
  while (!text.empty()) {
    ++number;
    const auto newline = text.find('\n');
    const bool is_last = newline == std::string_view::npos;
    const auto json = chat::parse_json(text.substr(0, newline));
    if (!json && is_last && reader.has_header()) return reader.finish(fmt::format("line {} is cut off", number));
    if (!json) return at_line(wrong(json.error().message).value(), file, number);
    if (auto taken = reader.take(*json); !taken) return at_line(std::move(taken).error(), file, number);
    text.remove_prefix(is_last ? text.size() : newline + 1);
  }
  if (!reader.has_header()) return at_line(wrong("it is empty").value(), file, 1);
  return reader.finish(reader.in_exchange() ? fmt::format("the exchange that line {} belongs to has no end", number)
                                            : std::string());
}

Result<Recording> load_recording(const std::string& path) {
  ERRAND_TRY_ASSIGN(const auto text, read_file(path, max_recording_bytes));
  auto recording = parse_recording(text, path);
  if (!recording) return fail(std::move(recording).error().within("while reading a recording"));
  return recording;
}

}  // namespace errand::http
