#include "tool/html_tags.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/text.hpp"

namespace errand::tool {

namespace {

constexpr std::size_t max_value_bytes = 8U << 10U;  // a longer link is data that was written into it
constexpr std::size_t max_name_bytes = 64;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::ranges::find(names, name) != names.end();
}

bool is_kept_attribute(std::string_view name) {
  constexpr std::array<std::string_view, 3> kept = {"href", "hidden", "style"};
  return is_one_of(name, kept);
}

// Elements whose content is no markup, and is left out.
bool is_raw(std::string_view name) {
  constexpr std::array<std::string_view, 6> raw = {"script", "style", "xmp", "iframe", "noembed", "noframes"};
  return is_one_of(name, raw);
}

// Elements whose content is text alone.
bool is_text_only(std::string_view name) {
  return name == "title" || name == "textarea";
}

bool is_plain_name(std::string_view name) {
  return name.size() <= max_name_bytes && std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == ':';
         });
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += c;
    }
  }
  return out;
}

class Reducer {
 public:
  explicit Reducer(std::string_view html) : html_(html), lower_(text::lower(html)) {}

  std::string run() {
    while (at_ < html_.size()) {
      const auto open = std::min(html_.find('<', at_), html_.size());
      out_ += html_.substr(at_, open - at_);
      at_ = open;
      if (at_ < html_.size()) markup();
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < html_.size() ? html_[at_ + ahead] : '\0';
  }

  void skip_past(std::string_view end, std::size_t from) {
    const auto found = html_.find(end, from);
    at_ = found == std::string_view::npos ? html_.size() : found + end.size();
  }

  void markup() {
    if (is_letter(peek(1))) return start_tag();
    if (peek(1) == '/' && is_letter(peek(2))) return end_tag();
    if (html_.substr(at_).starts_with("<!--")) return comment();
    if (peek(1) == '!' || peek(1) == '?' || peek(1) == '/') return skip_past(">", at_);
    out_ += "&lt;";
    ++at_;
  }

  void comment() {
    at_ += 4;
    if (html_.substr(at_).starts_with(">") || html_.substr(at_).starts_with("->")) return skip_past(">", at_);
    skip_past("-->", at_);
  }

  std::string_view read_name() {
    const auto begin = at_;
    while (at_ < html_.size() && !is_space(html_[at_]) && html_[at_] != '/' && html_[at_] != '>') ++at_;
    return std::string_view(lower_).substr(begin, at_ - begin);
  }

  void end_tag() {
    at_ += 2;
    const auto name = read_name();
    if (read_attributes() && is_plain_name(name)) out_ += fmt::format("</{}>", name);
  }

  void start_tag() {
    ++at_;
    const auto name = read_name();
    const auto attributes = read_attributes();
    if (!attributes || !is_plain_name(name)) return;
    if (is_raw(name)) {
      skip_content(name);
      if (name == "script") out_ += "<script></script>";
      return;
    }
    out_ += fmt::format("<{}{}>", name, *attributes);
    if (is_text_only(name)) out_ += fmt::format("{}</{}>", escaped(skip_content(name)), name);
  }

  // Up to and with the end tag of that name.
  std::string_view skip_content(std::string_view name) {
    const auto begin = at_;
    const auto end_mark = fmt::format("</{}", name);
    auto found = lower_.find(end_mark, at_);
    while (found != std::string::npos) {
      at_ = found + end_mark.size();
      if (at_ >= html_.size() || is_space(html_[at_]) || html_[at_] == '/' || html_[at_] == '>') break;
      found = lower_.find(end_mark, at_);
    }
    if (found == std::string::npos) at_ = html_.size();
    const auto content = html_.substr(begin, std::min(found, html_.size()) - begin);
    read_attributes();
    return content;
  }

  // The kept ones as they are to be written, and the '>' behind them; none when the page ends before that.
  std::optional<std::string> read_attributes() {
    std::string kept;
    while (true) {
      while (at_ < html_.size() && (is_space(html_[at_]) || html_[at_] == '/')) ++at_;
      if (at_ >= html_.size()) return std::nullopt;
      if (html_[at_] == '>') {
        ++at_;
        return kept;
      }
      const auto name = read_attribute_name();
      const auto value = read_value();
      const bool is_new = kept.find(fmt::format(" {}=\"", name.substr(0, max_name_bytes))) == std::string::npos;
      if (is_kept_attribute(name) && is_new && value.size() <= max_value_bytes) {
        kept += fmt::format(" {}=\"{}\"", name, escaped(value));
      }
    }
  }

  std::string_view read_attribute_name() {
    const auto begin = at_++;  // a '=' that comes first belongs to the name
    while (at_ < html_.size() && !is_space(html_[at_]) && html_[at_] != '/' && html_[at_] != '>' && html_[at_] != '=') {
      ++at_;
    }
    return std::string_view(lower_).substr(begin, at_ - begin);
  }

  std::string_view read_value() {
    auto next = at_;
    while (next < html_.size() && is_space(html_[next])) ++next;
    if (next >= html_.size() || html_[next] != '=') return {};
    at_ = next + 1;
    while (at_ < html_.size() && is_space(html_[at_])) ++at_;
    const char quote = peek();
    const bool quoted = quote == '"' || quote == '\'';
    const auto begin = quoted ? at_ + 1 : at_;
    if (quoted) {
      skip_past(std::string_view(&quote, 1), begin);
    } else {
      while (at_ < html_.size() && !is_space(html_[at_]) && html_[at_] != '>') ++at_;
    }
    const auto end = quoted && at_ > begin && html_[at_ - 1] == quote ? at_ - 1 : at_;
    return html_.substr(begin, end - begin);
  }

  std::string_view html_;
  std::string lower_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string reduce_html(std::string_view html) {
  return Reducer(html).run();
}

}  // namespace errand::tool
