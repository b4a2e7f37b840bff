#include "http/request_diff.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/id.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"

namespace errand::http {

namespace {

constexpr std::size_t shown_columns = 60;
constexpr std::size_t shown_before = 20;  // bytes of what is the same, before the first that is not
constexpr std::string_view id_mark = "<id>";
constexpr std::size_t uuid_bytes = 36;

std::string without_ids(std::string_view text) {
  std::string out;
  while (true) {
    auto dash = text.find('-');
    for (; dash != std::string_view::npos; dash = text.find('-', dash + 1)) {
      if (dash >= 8 && text.size() - dash >= uuid_bytes - 8 && is_uuid(text.substr(dash - 8, uuid_bytes))) break;
    }
    if (dash == std::string_view::npos) break;
    out += text.substr(0, dash - 8);
    out += id_mark;
    text.remove_prefix(dash - 8 + uuid_bytes);
  }
  return out += text;
}

std::string in_json(std::string_view text) {
  const auto quoted = chat::dump(text);
  return quoted.substr(1, quoted.size() - 2);
}

std::string shown(const Json* value, std::size_t from) {
  if (value == nullptr) return "nothing";
  const auto text = value->is_string() ? value->get<std::string>() : chat::dump(*value);
  const auto begin = unicode::char_border_before(text, std::min(from, text.size()));
  const auto rest = text.substr(begin, 8 * shown_columns);
  const auto line = text::ellipsize(text::replace_all(unicode::sanitize(rest), "\n", "\\n"), shown_columns);
  return fmt::format("\"{}{}\"", begin == 0 ? "" : "…", line);
}

// Where two texts part, less a little, so that a long prompt shows its change and not its beginning.
std::size_t parting(const Json* recorded, const Json* sent) {
  if (recorded == nullptr || sent == nullptr || !recorded->is_string() || !sent->is_string()) return 0;
  const auto& a = recorded->get_ref<const std::string&>();
  const auto& b = sent->get_ref<const std::string&>();
  const auto same = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
  const auto at = static_cast<std::size_t>(same);
  return at <= 2 * shown_before ? 0 : at - shown_before;
}

class Comparer {
 public:
  Comparison go(const Json& recorded, const Json& sent) {
    compare_values(recorded, sent, Json::json_pointer());
    return std::move(out_);
  }

 private:
  void compare_values(const Json& recorded, const Json& sent, const Json::json_pointer& place) {
    if (recorded.is_object() && sent.is_object()) return compare_members(recorded, sent, place);
    if (recorded.is_array() && sent.is_array()) return compare_items(recorded, sent, place);
    if (recorded != sent) add(&recorded, &sent, place);
  }

  void compare_members(const Json& recorded, const Json& sent, const Json::json_pointer& place) {
    for (const auto& [key, value] : recorded.items()) {
      const auto other = sent.find(key);
      if (other == sent.end())
        add(&value, nullptr, place / key);
      else
        compare_values(value, *other, place / key);
    }
    for (const auto& [key, value] : sent.items()) {
      if (!recorded.contains(key)) add(nullptr, &value, place / key);
    }
  }

  void compare_items(const Json& recorded, const Json& sent, const Json::json_pointer& place) {
    for (std::size_t i = 0; i < std::max(recorded.size(), sent.size()); ++i) {
      if (i >= sent.size())
        add(&recorded[i], nullptr, place / i);
      else if (i >= recorded.size())
        add(nullptr, &sent[i], place / i);
      else
        compare_values(recorded[i], sent[i], place / i);
    }
  }

  void add(const Json* recorded, const Json* sent, const Json::json_pointer& place) {
    ++out_.count;
    if (out_.first.size() >= Comparison::most_shown) return;
    const auto from = parting(recorded, sent);
    out_.first.push_back({unicode::sanitize(text::ellipsize(place.to_string(), 2 * shown_columns)),
                          shown(recorded, from), shown(sent, from)});
  }

  Comparison out_;
};

std::string_view path_of(std::string_view url) {
  const auto authority = url.find("//");
  if (authority != std::string_view::npos) url.remove_prefix(authority + 2);
  const auto slash = std::min(url.find('/'), url.size());
  url.remove_prefix(slash);
  return url.substr(0, url.find_first_of("?#"));
}

}  // namespace

Comparison compare(const Json& recorded, const Json& sent) {
  return Comparer().go(recorded, sent);
}

Json comparable(std::string body, const std::vector<NamedPlace>& places) {
  auto longest_first = places;
  std::ranges::stable_sort(longest_first, std::greater<>{}, [](const auto& place) { return place.path.size(); });
  for (const auto& place : longest_first) {
    if (place.path.size() > 1)
      body = text::replace_all(std::move(body), in_json(place.path), fmt::format("<{}>", place.name));
  }
  body = without_ids(body);
  auto json = chat::parse_json(body);
  return json ? *std::move(json) : Json(std::move(body));
}

bool same_resource(std::string_view url, std::string_view other) {
  const auto a = path_of(url);
  const auto b = path_of(other);
  if (a.empty() || b.empty()) return a == b;
  return a.size() >= b.size() ? a.ends_with(b) : b.ends_with(a);
}

}  // namespace errand::http
