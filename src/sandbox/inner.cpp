#include "sandbox/inner.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace errand::sandbox {

namespace {

// Orders and reports are lines of `key value`; a path may hold anything but NUL, which ends a line.
constexpr char end_of_line = '\0';

template <class Number>
Number number_of(std::string_view text) {
  Number out{};
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

struct Line {
  std::string_view key;
  std::string_view value;
};

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> out;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find(end_of_line));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto blank = std::min(line.find(' '), line.size());
    out.push_back({line.substr(0, blank), line.substr(std::min(line.size(), blank + 1))});
  }
  return out;
}

ResourceLimit limit_of(std::string_view value) {
  const auto next = [&] {
    const auto word = value.substr(0, value.find(' '));
    value.remove_prefix(std::min(value.size(), word.size() + 1));
    return word;
  };
  ResourceLimit out;
  out.resource = number_of<int>(next());
  out.soft = number_of<std::uint64_t>(next());
  out.hard = number_of<std::uint64_t>(next());
  return out;
}

}  // namespace

InnerOrders parse_orders(std::string_view text) {
  InnerOrders out;
  for (const auto& [key, value] : lines_of(text)) {
    if (key == "writable") out.writable.emplace_back(value);
    if (key == "limit") out.limits.push_back(limit_of(value));
    if (key == "filter") out.filter_fd = number_of<int>(value);
    if (key == "report") out.report_fd = number_of<int>(value);
    if (key == "proxy") out.proxy_fd = number_of<int>(value);
  }
  return out;
}

std::string report_line(std::string_view key, std::string_view value) {
  std::string out(key);
  out.append(" ").append(value).push_back(end_of_line);
  return out;
}

std::string to_text(const InnerOrders& orders) {
  std::string out;
  const auto add = [&](std::string_view key, const std::string& value) { out += report_line(key, value); };
  for (const auto& path : orders.writable) add("writable", path);
  for (const auto& limit : orders.limits) {
    add("limit", std::to_string(limit.resource) + ' ' + std::to_string(limit.soft) + ' ' + std::to_string(limit.hard));
  }
  add("filter", std::to_string(orders.filter_fd));
  add("report", std::to_string(orders.report_fd));
  add("proxy", std::to_string(orders.proxy_fd));
  return out;
}

InnerReport parse_inner_report(std::string_view text) {
  InnerReport out;
  for (const auto& [key, value] : lines_of(text)) {
    if (key == "ready") out.ready = true;
    if (key == "landlock") out.landlock_abi = number_of<int>(value);
    if (key == "failure") out.failure = std::string(value);
    if (key == "cannot_execute") out.cannot_execute = number_of<int>(value);
  }
  return out;
}

}  // namespace errand::sandbox
