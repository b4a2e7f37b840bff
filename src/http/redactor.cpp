#include "http/redactor.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/json.hpp"
#include "base/secret_needles.hpp"
#include "base/text.hpp"
#include "chat/codec.hpp"

namespace errand::http {

namespace {

constexpr std::array<std::string_view, 8> plain_request_headers = {
    "accept",       "anthropic-beta", "anthropic-version", "content-type",
    "http-referer", "openai-beta",    "user-agent",        "x-title"};
constexpr std::array<std::string_view, 7> plain_response_headers = {
    "content-type", "date", "request-id", "retry-after", "retry-after-ms", "x-request-id", "x-should-retry"};
constexpr std::array<std::string_view, 2> plain_response_prefixes = {"anthropic-ratelimit-", "x-ratelimit-"};
constexpr std::array<std::string_view, 6> plain_parameters = {"alt",   "api-version", "beta",
                                                              "limit", "pagesize",    "version"};

template <class Names>
bool contains(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool is_plain_response_header(std::string_view name) {
  return contains(plain_response_headers, name) ||
         std::ranges::any_of(plain_response_prefixes, [&](auto prefix) { return name.starts_with(prefix); });
}

std::string clean_query(std::string_view query) {
  auto parts = text::split(query, '&');
  for (auto& part : parts) {
    const auto equals = part.find('=');
    if (equals != std::string::npos && !contains(plain_parameters, text::lower(part.substr(0, equals)))) {
      part.replace(equals + 1, std::string::npos, Redactor::mark);
    }
  }
  return text::join(parts, "&");
}

// A stretch of a body that becomes another text.
struct Edit {
  std::size_t at = 0;
  std::size_t length = 0;
  std::string text;
};

std::string joined(const std::vector<RecordedPiece>& pieces) {
  std::string out;
  for (const auto& piece : pieces) out += piece.bytes;
  return out;
}

// `edits` are in order and apart. What replaces a stretch goes where the stretch begins.
void apply(const std::vector<Edit>& edits, std::string_view body, std::vector<RecordedPiece>& pieces) {
  std::size_t begin = 0;
  for (auto& piece : pieces) {
    const auto end = begin + piece.bytes.size();
    std::string bytes;
    auto at = begin;
    for (const auto& edit : edits) {
      if (edit.at >= end || edit.at + edit.length <= begin) continue;
      if (edit.at >= begin) {
        bytes += body.substr(at, edit.at - at);
        bytes += edit.text;
      }
      at = std::min(edit.at + edit.length, end);
    }
    bytes += body.substr(at, end - at);
    piece.bytes = std::move(bytes);
    begin = end;
  }
}

// One text of a JSON event, and where it stands.
struct Fragment {
  std::size_t event = 0;
  Json::json_pointer place;
};

// All texts that one place of a stream's events had, one after the other.
struct Texts {
  std::vector<Fragment> fragments;
  std::vector<RecordedPiece> pieces;
};

struct JsonEvent {
  std::size_t at = 0;
  std::size_t length = 0;
  Json json;
  bool changed = false;
};

// The lines of a stream that are JSON, behind "data:" or alone.
std::vector<JsonEvent> events_in(std::string_view body) {
  std::vector<JsonEvent> out;
  for (std::size_t begin = 0; begin < body.size();) {
    const auto newline = std::min(body.find_first_of("\r\n", begin), body.size());
    const auto brace = body.substr(begin, newline - begin).find('{');
    if (brace != std::string_view::npos) {
      const auto written = text::trim_end(body.substr(begin + brace, newline - begin - brace));
      if (auto json = chat::parse_json(written)) out.push_back({begin + brace, written.size(), *std::move(json)});
    }
    begin = newline + 1;
  }
  return out;
}

void collect(const Json& value, const Json::json_pointer& place, std::size_t event, std::map<std::string, Texts>& out) {
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) collect(member, place / key, event, out);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) collect(value[i], place / i, event, out);
  } else if (value.is_string()) {
    auto& texts = out[place.to_string()];
    texts.fragments.push_back({event, place});
    texts.pieces.push_back({{}, value.get<std::string>()});
  }
}

}  // namespace

std::vector<std::string> secret_words(std::string_view value) {
  std::vector<std::string> out = {std::string(value)};
  while (!value.empty()) {
    const auto end = std::min(value.find_first_of(" ,;=&\"'"), value.size());
    out.emplace_back(value.substr(0, end));
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return out;
}

Redactor::Redactor(std::vector<std::string> secrets) {
  for (const auto& secret : secrets) add(secret);
}

void Redactor::add(const std::string& secret) {
  if (secret.size() < shortest_secret) return;
  for (auto& form : secrets::spellings_of(secret)) {
    if (!contains(needles_, form)) needles_.push_back(std::move(form));
  }
  std::ranges::stable_sort(needles_, std::greater<>{}, &std::string::size);
}

void Redactor::learn(const Request& request) {
  const auto add_words = [this](std::string_view value) {
    for (const auto& word : secret_words(value)) add(word);
  };
  for (const auto& header : request.headers) {
    if (!contains(plain_request_headers, text::lower(header.name))) add_words(header.value);
  }
  const auto question = request.url.find('?');
  if (question == std::string::npos) return;
  for (const auto& part : text::split(std::string_view(request.url).substr(question + 1), '&')) {
    const auto equals = part.find('=');
    if (equals != std::string::npos && !contains(plain_parameters, text::lower(part.substr(0, equals))))
      add_words(part.substr(equals + 1));
  }
}

std::string Redactor::clean(std::string text) const {
  for (const auto& needle : needles_) text = text::replace_all(std::move(text), needle, mark);
  return text;
}

std::string Redactor::clean_url(std::string_view url) const {
  const auto question = std::min(url.find('?'), url.size());
  std::string out(url.substr(0, question));
  const auto authority = out.find("//");
  if (authority != std::string::npos) {
    const auto host_end = std::min(out.find('/', authority + 2), out.size());
    const auto at = out.rfind('@', host_end);
    if (at != std::string::npos && at > authority) out.erase(authority + 2, at - authority - 1);
  }
  if (question < url.size()) out += '?' + clean_query(url.substr(question + 1));
  return clean(std::move(out));
}

std::vector<Header> Redactor::clean_request_headers(const std::vector<Header>& headers) const {
  std::vector<Header> out;
  for (const auto& header : headers) {
    const bool plain = contains(plain_request_headers, text::lower(header.name));
    out.push_back({header.name, plain ? clean(header.value) : std::string(mark)});
  }
  return out;
}

std::vector<Header> Redactor::clean_response_headers(const std::vector<Header>& headers) const {
  std::vector<Header> out;
  for (const auto& header : headers) {
    if (is_plain_response_header(header.name)) out.push_back({header.name, clean(header.value)});
  }
  return out;
}

std::vector<RecordedPiece> Redactor::clean_across(std::vector<RecordedPiece> pieces) const {
  for (const auto& needle : needles_) {
    const auto body = joined(pieces);
    std::vector<Edit> edits;
    for (auto at = body.find(needle); at != std::string::npos; at = body.find(needle, at + needle.size())) {
      edits.push_back({at, needle.size(), std::string(mark)});
    }
    if (!edits.empty()) apply(edits, body, pieces);
  }
  return pieces;
}

std::vector<RecordedPiece> Redactor::clean_pieces(std::vector<RecordedPiece> pieces) const {
  if (needles_.empty()) return pieces;
  pieces = clean_across(std::move(pieces));
  const auto body = joined(pieces);
  auto events = events_in(body);
  std::map<std::string, Texts> by_place;
  for (std::size_t i = 0; i < events.size(); ++i) collect(events[i].json, Json::json_pointer(), i, by_place);
  for (const auto& [place, texts] : by_place) {
    const auto cleaned = clean_across(texts.pieces);
    for (std::size_t i = 0; i < cleaned.size(); ++i) {
      if (cleaned[i] == texts.pieces[i]) continue;
      auto& event = events[texts.fragments[i].event];
      event.json[texts.fragments[i].place] = cleaned[i].bytes;
      event.changed = true;
    }
  }
  std::vector<Edit> edits;
  for (const auto& event : events) {
    if (event.changed) edits.push_back({event.at, event.length, clean(chat::dump(event.json))});
  }
  if (!edits.empty()) apply(edits, body, pieces);
  return pieces;
}

}  // namespace errand::http
