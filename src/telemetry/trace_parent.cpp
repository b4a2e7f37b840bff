#include "telemetry/trace_parent.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/unicode.hpp"

namespace errand::telemetry {

namespace {

constexpr std::size_t length_of_ours = 55;  // "00-" 32 "-" 16 "-" 2
constexpr std::size_t longest_state = 512;  // what W3C Trace Context asks everybody to pass on
constexpr std::size_t shown_columns = 80;

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) {
  return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

bool is_form(std::string_view text) {
  if (text.size() < length_of_ours || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  const auto version = text.substr(0, 2);
  if (!is_hex(version) || version == "ff") return false;
  if (text.size() == length_of_ours) return true;
  return version != "00" && text[length_of_ours] == '-';
}

bool is_state(std::string_view text) {
  return text.size() <= longest_state && std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

unsigned nibble(char c) {
  return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
}

}  // namespace

Result<TraceParent> parse_trace_parent(std::string_view traceparent, std::string_view tracestate) {
  const auto text = text::trim(traceparent);
  const bool is_whole =
      is_form(text) && is_id(text.substr(3, 32)) && is_id(text.substr(36, 16)) && is_hex(text.substr(53, 2));
  if (!is_whole) {
    return fail(ErrorKind::failure,
                fmt::format("\"{}\" is no traceparent", text::ellipsize(unicode::sanitize(text), shown_columns)),
                "it looks like 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  }
  const auto state = text::trim(tracestate);
  return TraceParent{.trace_id = std::string(text.substr(3, 32)),
                     .span_id = std::string(text.substr(36, 16)),
                     .sampled = (nibble(text[54]) & 1U) != 0,
                     .state = is_state(state) ? std::string(state) : std::string()};
}

std::string to_string(const TraceParent& parent) {
  return fmt::format("00-{}-{}-{}", parent.trace_id, parent.span_id, parent.sampled ? "01" : "00");
}

Variables variables_of(const TraceParent& parent) {
  Variables out{{"TRACEPARENT", to_string(parent)}};
  if (!parent.state.empty()) out.emplace_back("TRACESTATE", parent.state);
  return out;
}

}  // namespace errand::telemetry
