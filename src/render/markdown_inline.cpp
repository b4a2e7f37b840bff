#include "render/markdown_inline.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <md4c.h>

#include "base/text.hpp"
#include "base/unicode.hpp"

namespace errand::render {

namespace {

// Around \( … \) while md4c, which knows dollars only, sees it as $ … $.
constexpr char round_math = '\x02';
constexpr std::size_t max_address_bytes = 2083;

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

std::string utf8_of(std::uint32_t c) {
  std::string out;
  unicode::append_utf8(out, c == 0 || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000) ? U'\uFFFD' : char32_t{c});
  return out;
}

std::string numeric_entity(std::string_view digits) {
  const bool hex = digits.starts_with('x') || digits.starts_with('X');
  if (hex) digits.remove_prefix(1);
  std::uint32_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
  // What is written as a number may be what sanitize() took out when it was written plainly.
  auto out = unicode::sanitize(utf8_of(value));
  std::ranges::replace_if(out, is_control, ' ');
  return out;
}

// "&amp;"; an unknown name stays as it is.
std::string entity(std::string_view written) {
  if (written.size() > 3 && written[1] == '#') return numeric_entity(written.substr(2, written.size() - 3));
  static constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"&amp;", "&"},   {"&lt;", "<"},     {"&gt;", ">"},    {"&quot;", "\""},  {"&apos;", "'"},  {"&nbsp;", " "},
      {"&copy;", "©"},  {"&reg;", "®"},    {"&trade;", "™"}, {"&hellip;", "…"}, {"&mdash;", "—"}, {"&ndash;", "–"},
      {"&lsquo;", "‘"}, {"&rsquo;", "’"},  {"&ldquo;", "“"}, {"&rdquo;", "”"},  {"&larr;", "←"},  {"&rarr;", "→"},
      {"&uarr;", "↑"},  {"&darr;", "↓"},   {"&times;", "×"}, {"&le;", "≤"},     {"&ge;", "≥"},    {"&ne;", "≠"},
      {"&deg;", "°"},   {"&plusmn;", "±"}, {"&bull;", "•"},  {"&middot;", "·"}, {"&euro;", "€"},  {"&micro;", "µ"}};
  for (const auto& [name, character] : names) {
    if (written == name) return std::string(character);
  }
  return std::string(written);
}

std::string text_of(const MD_ATTRIBUTE& attribute) {
  std::string out;
  for (unsigned i = 0; attribute.size > 0 && attribute.substr_offsets[i] < attribute.size; ++i) {
    const auto from = attribute.substr_offsets[i];
    const std::string_view part(attribute.text + from, attribute.substr_offsets[i + 1] - from);
    out += attribute.substr_types[i] == MD_TEXT_ENTITY ? entity(part) : std::string(part);
  }
  std::erase_if(out, is_control);
  return out;
}

// What may stand in an OSC 8 sequence; empty when the address is none to follow.
std::string followable(std::string_view address) {
  const auto lower = text::lower(address.substr(0, 10));
  const bool known =
      std::ranges::any_of(std::initializer_list<std::string_view>{"http://", "https://", "ftp://", "mailto:"},
                          [&](std::string_view scheme) { return lower.starts_with(scheme); });
  if (!known) return {};
  std::string out;
  for (const char c : address) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte > 0x20 && byte < 0x7F ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return out.size() <= max_address_bytes ? out : std::string{};
}

bool looks_like_address(std::string_view text) {
  return text.find("://") != std::string_view::npos || text.starts_with("www.");
}

// \( … \) outside of code as md4c's $ … $.
std::string with_dollar_math(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '`') {  // as far as a run of as many closes it
      const auto ticks = std::min(text.find_first_not_of('`', at), text.size()) - at;
      auto close = text.find(std::string(ticks, '`'), at + ticks);
      close = close == std::string_view::npos ? at + ticks : close + ticks;
      out += text.substr(at, close - at);
      at = close;
      continue;
    }
    if (text.substr(at).starts_with("\\(")) {
      const auto close = text.find("\\)", at + 2);
      if (close != std::string_view::npos &&
          text.substr(at, close - at).find_first_of("$`") == std::string_view::npos) {
        out += fmt::format("${}{}{}$", round_math, text.substr(at + 2, close - at - 2), round_math);
        at = close + 2;
        continue;
      }
    }
    if (text[at] == '\\' && at + 1 < text.size()) out += text[at++];
    out += text[at++];
  }
  return out;
}

// One call of md4c. The text goes as a heading's, which is the one block that is nothing but inline text.
class Inline {
 public:
  Inline(std::string_view text, const Look& base, const Canvas& canvas, Tags tags) : canvas_(canvas), tags_(tags) {
    source_ = "# ";
    source_ += text.find("\\(") == std::string_view::npos ? std::string(text) : with_dollar_math(text);
    copied_ = source_.size() == text.size() + 2;
    source_ += " #";
    looks_.push_back(base);
  }

  Line parse() {
    MD_PARSER parser{};
    parser.flags = MD_FLAG_COLLAPSEWHITESPACE | MD_FLAG_PERMISSIVEAUTOLINKS | MD_FLAG_STRIKETHROUGH |
                   MD_FLAG_LATEXMATHSPANS | MD_FLAG_NOHTMLBLOCKS;
    if (tags_ == Tags::text) parser.flags |= MD_FLAG_NOHTMLSPANS;
    parser.enter_block = [](MD_BLOCKTYPE, void*, void*) { return 0; };
    parser.leave_block = [](MD_BLOCKTYPE, void*, void*) { return 0; };
    parser.enter_span = [](MD_SPANTYPE type, void* detail, void* self) { return of(self).enter(type, detail); };
    parser.leave_span = [](MD_SPANTYPE type, void* detail, void* self) { return of(self).leave(type, detail); };
    parser.text = [](MD_TEXTTYPE type, const MD_CHAR* at, MD_SIZE size, void* self) {
      return of(self).add(type, {at, size});
    };
    md_parse(source_.data(), static_cast<MD_SIZE>(source_.size()), &parser, this);
    return std::move(out_);
  }

 private:
  static Inline& of(void* self) { return *static_cast<Inline*>(self); }

  void put(std::string text) { out_.push_back(Run{std::move(text), looks_.back()}); }

  int enter(MD_SPANTYPE type, void* detail) {
    auto look = looks_.back();
    const bool plain = !canvas_.theme.paints();
    if (type == MD_SPAN_EM) look.marks ^= mark::italic;
    if (type == MD_SPAN_STRONG) look.marks |= mark::bold;
    if (type == MD_SPAN_DEL) look.marks |= mark::strike;
    if (type == MD_SPAN_DEL && plain) put("~~");
    if (type == MD_SPAN_CODE) look.style = Style::code;
    if (type == MD_SPAN_CODE && plain) put("`");
    if (type == MD_SPAN_LATEXMATH_DISPLAY) put("$$");
    if (type == MD_SPAN_A) enter_link(look, text_of(static_cast<MD_SPAN_A_DETAIL*>(detail)->href));
    if (type == MD_SPAN_IMG) {
      look.style = Style::dim;
      if (canvas_.links == Hyperlinks::on)
        look.link = followable(text_of(static_cast<MD_SPAN_IMG_DETAIL*>(detail)->src));
    }
    looks_.push_back(std::move(look));
    if (type == MD_SPAN_IMG) put("[image: ");
    return 0;
  }

  void enter_link(Look& look, const std::string& address) {
    look.style = Style::link;
    if (canvas_.links == Hyperlinks::on) look.link = followable(address);
    link_begins_ = out_.size();
  }

  int leave(MD_SPANTYPE type, void* detail) {
    if (type == MD_SPAN_IMG) put("]");
    if (looks_.size() > 1) looks_.pop_back();
    const bool plain = !canvas_.theme.paints();
    if (type == MD_SPAN_DEL && plain) put("~~");
    if (type == MD_SPAN_CODE && plain) put("`");
    if (type == MD_SPAN_LATEXMATH_DISPLAY) put("$$");
    if (type == MD_SPAN_A) leave_link(text_of(static_cast<MD_SPAN_A_DETAIL*>(detail)->href));
    return 0;
  }

  // The address is shown where it can't be followed, and where the text pretends to be another one.
  void leave_link(const std::string& address) {
    std::string text;
    for (auto i = std::min(link_begins_, out_.size()); i < out_.size(); ++i) text += out_[i].text;
    if (address.empty() || text == address || "mailto:" + text == address || "http://" + text == address) return;
    const bool follows = canvas_.links == Hyperlinks::on && !followable(address).empty();
    if (follows && !looks_like_address(text)) return;
    out_.push_back(Run{" (" + address + ")", {Style::dim, looks_.back().marks, {}}});
  }

  int add(MD_TEXTTYPE type, std::string_view text) {
    if (type == MD_TEXT_NULLCHAR) put("\xEF\xBF\xBD");
    if (type == MD_TEXT_ENTITY) put(entity(text));
    if (type == MD_TEXT_BR || type == MD_TEXT_SOFTBR) put(" ");
    if (type == MD_TEXT_LATEXMATH) math(text);
    if (type == MD_TEXT_CODE) {
      std::string code(text);
      std::ranges::replace_if(code, is_control, ' ');
      put(std::move(code));
    }
    if (type == MD_TEXT_NORMAL) normal(text);
    if (type == MD_TEXT_HTML) tag(text);
    return 0;
  }

  void math(std::string_view text) {
    const bool round = text.size() > 1 && text.front() == round_math && text.back() == round_math;
    const bool display = !out_.empty() && out_.back().text == "$$";
    std::string inside(round ? text.substr(1, text.size() - 2) : text);
    std::ranges::replace_if(inside, is_control, ' ');
    if (round) return put("\\(" + inside + "\\)");
    put(display ? inside : "$" + inside + "$");
  }

  void tag(std::string_view text) {
    looks_.push_back({Style::dim, looks_.back().marks, {}});
    normal(text);
    looks_.pop_back();
  }

  void normal(std::string_view text) {
    Run run{std::string(text), looks_.back()};
    std::ranges::replace(run.text, hard_break, '\n');
    std::ranges::replace_if(
        run.text, [](char c) { return c != '\n' && is_control(c); }, ' ');
    const bool inside = std::less_equal<>{}(source_.data() + 2, text.data()) &&
                        std::less<>{}(text.data(), source_.data() + source_.size());
    if (copied_ && inside && looks_.size() == 1)
      run.source = static_cast<std::size_t>(text.data() - source_.data()) - 2;
    out_.push_back(std::move(run));
  }

  const Canvas& canvas_;
  Tags tags_;
  std::string source_;
  bool copied_ = false;
  std::vector<Look> looks_;
  std::size_t link_begins_ = 0;
  Line out_;
};

// "… [text](http://exam": the text alone.
void drop_half_link(std::string& text) {
  const auto middle = text.rfind("](");
  if (middle == std::string::npos || text.find_first_of(") ", middle) != std::string::npos) return;
  const auto open = text.rfind('[', middle);
  if (open == std::string::npos) return;
  text.erase(middle);
  text.erase(open, 1);
}

// Which marks are open at the end of `text`, innermost last.
std::vector<std::string_view> open_marks(std::string_view text) {
  std::vector<std::string_view> open;
  for (std::size_t at = 0; at < text.size();) {
    const auto rest = text.substr(at);
    std::string_view found;
    for (const std::string_view known : {"```", "``", "`", "**", "~~", "$$"}) {
      if (rest.starts_with(known)) {
        found = known;
        break;
      }
    }
    if (rest[0] == '\\' && (open.empty() || open.back()[0] != '`')) {
      at += 2;
      continue;
    }
    const bool in_code = !open.empty() && open.back()[0] == '`';
    at += std::max<std::size_t>(found.size(), 1);
    if (found.empty() || (in_code && found != open.back())) continue;
    const auto known = std::ranges::find(open, found);
    if (known == open.end()) {
      open.push_back(found);
    } else {
      open.erase(known, open.end());
    }
  }
  return open;
}

}  // namespace

Line parse_inline(std::string_view text, const Look& base, const Canvas& canvas, Tags tags) {
  return Inline(text, base, canvas, tags).parse();
}

std::string closed_for_now(std::string_view text) {
  auto out = std::string(text::trim_end(text));
  drop_half_link(out);
  auto open = open_marks(out);
  for (int i = 0; i < 8 && !open.empty() && out.ends_with(open.back()); ++i) {  // just begun: nothing is in it
    out.erase(out.size() - open.back().size());
    open = open_marks(out);
  }
  if (!open.empty() && open.back() == "**" && out.ends_with('*')) out.pop_back();
  while (out.ends_with(' ')) out.pop_back();
  for (auto mark = open.rbegin(); mark != open.rend(); ++mark) out += *mark;
  return out;
}

}  // namespace errand::render
