#include "http/recording.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"
#include "http/recording_format.hpp"

// The writing half; recording_reader.cpp is the other.
namespace errand::http {

namespace {

using chat::base64_encode;

// One of recording_format's tables, the other way round.
constexpr std::string_view name_of(RecordedEnd end) {
  switch (end) {
    case RecordedEnd::whole:
      return recording_format::whole;
    case RecordedEnd::failed:
      return recording_format::failed;
    case RecordedEnd::stopped:
      break;
  }
  return recording_format::stopped;
}

std::size_t bytes_of_character(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte >= 0xF0U) return 4;
  if (byte >= 0xE0U) return 3;
  return byte >= 0xC0U ? 2 : 1;
}

// A piece of a stream of text: what belongs to a character that began before it, text, and a character's beginning.
struct Parts {
  std::string_view head;
  std::string_view text;
  std::string_view tail;
};

Parts parts_of(std::string_view bytes) {
  constexpr std::size_t most = 3;  // a character has four bytes at most
  std::size_t begin = 0;
  while (begin < std::min(bytes.size(), most) && unicode::is_continuation(bytes[begin])) ++begin;
  std::size_t end = bytes.size();
  for (std::size_t back = 1; back <= std::min(bytes.size() - begin, most); ++back) {
    const char c = bytes[bytes.size() - back];
    if (unicode::is_continuation(c)) continue;
    if (bytes_of_character(c) > back) end = bytes.size() - back;
    break;
  }
  return {bytes.substr(0, begin), bytes.substr(begin, end - begin), bytes.substr(end)};
}

Json headers_json(const std::vector<Header>& headers) {
  auto out = Json::array();
  for (const auto& header : headers) out.push_back(header.name + ": " + header.value);
  return out;
}

void put_body(Json& line, const std::string& body) {
  if (body.empty()) return;
  if (auto json = chat::parse_json(body); json && json->is_structured()) {
    line["body"] = *std::move(json);
  } else if (unicode::is_valid_utf8(body)) {
    line["body_text"] = body;
  } else {
    line["body_base64"] = base64_encode(body);
  }
}

void put_piece(Json& line, std::string_view bytes) {
  const auto parts = parts_of(bytes);
  if (!unicode::is_valid_utf8(parts.text)) {
    line["base64"] = base64_encode(bytes);
    return;
  }
  if (!parts.head.empty()) line["head"] = base64_encode(parts.head);
  line["text"] = parts.text;
  if (!parts.tail.empty()) line["tail"] = base64_encode(parts.tail);
}

Json error_json(const Error& error) {
  Json out = {{"kind", errand::name_of(error.kind)}, {"message", error.message}};
  if (!error.hint.empty()) out["hint"] = error.hint;
  if (error.retryable) out["retryable"] = true;
  return out;
}

Json request_json(const RecordedExchange& exchange) {
  Json out = {{"type", recording_format::request}, {"exchange", exchange.number}, {"at_ms", exchange.at.count()}};
  for (const auto& note : exchange.notes) out["notes"][note.name] = note.value;
  out["method"] = exchange.method;
  out["url"] = exchange.url;
  out["headers"] = headers_json(exchange.headers);
  put_body(out, exchange.body);
  return out;
}

}  // namespace

std::string_view RecordedExchange::note(std::string_view name) const {
  const auto found = std::ranges::find(notes, name, &Header::name);
  return found == notes.end() ? std::string_view{} : std::string_view(found->value);
}

std::string header_lines(const Recording& recording) {
  Json line = {{"type", recording_format::recording},
               {"version", recording_format::version},
               {"made_by", recording.made_by},
               {"began", recording.began}};
  for (const auto& place : recording.places) line["places"][place.name] = place.path;
  return chat::dump(line) + '\n';
}

std::string exchange_lines(const RecordedExchange& exchange) {
  auto out = chat::dump(request_json(exchange)) + '\n';
  if (exchange.head.status != 0) {
    out += chat::dump({{"type", recording_format::response},
                       {"at_ms", exchange.answered_at.count()},
                       {"status", exchange.head.status},
                       {"headers", headers_json(exchange.head.headers)}}) +
           '\n';
  }
  for (const auto& piece : exchange.pieces) {
    Json line = {{"type", recording_format::body}, {"at_ms", piece.at.count()}};
    put_piece(line, piece.bytes);
    out += chat::dump(line) + '\n';
  }
  Json end = {{"type", recording_format::end}, {"at_ms", exchange.ended_at.count()}, {"as", name_of(exchange.end)}};
  if (exchange.error) end["error"] = error_json(*exchange.error);
  return out + chat::dump(end) + '\n';
}

}  // namespace errand::http
