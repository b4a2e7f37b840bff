#include "config/yaml.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "base/text.hpp"
#include "base/unicode.hpp"

namespace errand::config::yaml {

namespace {

/// The parse can't go on; thrown through yaml-cpp and caught in parse().
struct Stop {
  Mark mark;
  std::string message;
  std::string hint;
};

Mark to_mark(const YAML::Mark& mark) {
  return {mark.line + 1, mark.column + 1};
}

/// Values and bytes below a node, itself included.
struct Weight {
  std::size_t values = 0;
  std::size_t bytes = 0;
};

Weight weight_of(const Node& node) {
  Weight out{1, node.text.size()};
  for (const auto& key : node.keys) out.bytes += key.name.size();
  for (const auto& item : node.items) {
    const auto below = weight_of(item);
    out.values += below.values;
    out.bytes += below.bytes;
  }
  return out;
}

/// Builds the tree from yaml-cpp's events, and finds what YAML allows and these files do not.
class Builder final : public YAML::EventHandler {
 public:
  Builder(std::string file, int first_line, std::vector<Error>& mistakes)
      : file_(std::move(file)), line_offset_(first_line - 1), mistakes_(mistakes) {}

  Node take_root() { return std::move(root_); }

  void mistake(Mark mark, std::string_view message, std::string_view hint) {
    if (mistakes_.size() >= max_mistakes) return;
    mistakes_.push_back({.kind = ErrorKind::config,
                         .message = text::ellipsize(unicode::sanitize(message), max_message_columns),
                         .hint = unicode::sanitize(hint),
                         .where = Location{file_, mark.line == 0 ? 0 : mark.line + line_offset_, mark.column},
                         .context = {}});
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ == 0) return;
    throw Stop{to_mark(mark), "a second YAML document in the same file", "remove the line \"---\""};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.mark = shifted(mark);
    add(std::move(node), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      throw Stop{to_mark(mark), "an alias stands inside the value it repeats", "write the value out"};
    }
    Node copy = found->second.first;
    copy.mark = shifted(mark);
    count(found->second.second, to_mark(mark));
    place(std::move(copy));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node;
    node.kind = Kind::scalar;
    node.mark = shifted(mark);
    node.plain = tag == "?" || tag.empty();
    node.text = value;
    check_tag(tag, "tag:yaml.org,2002:str", node.mark);
    add(std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    check_tag(tag, "tag:yaml.org,2002:seq", shifted(mark));
    open(Kind::list, mark, anchor, style);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    check_tag(tag, "tag:yaml.org,2002:map", shifted(mark));
    open(Kind::map, mark, anchor, style);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Node node;
    YAML::anchor_t anchor = 0;
    std::optional<Node> key;  ///< of a map, while its value is awaited
  };

  [[nodiscard]] Mark shifted(const YAML::Mark& mark) const { return {mark.line + 1 + line_offset_, mark.column + 1}; }

  void mistake_at(Mark shifted_mark, std::string_view message, std::string_view hint) {
    mistake({shifted_mark.line - line_offset_, shifted_mark.column}, message, hint);
  }

  void check_tag(const std::string& tag, std::string_view standard, Mark mark) {
    if (tag.empty() || tag == "?" || tag == "!" || tag == standard) return;
    mistake_at(mark, fmt::format("the tag \"{}\" has no meaning here", tag),
               "remove it; quote a value that starts with \"!\"");
  }

  void count(Weight weight, Mark mark) {
    total_.values += weight.values;
    total_.bytes += weight.bytes;
    if (total_.values <= max_values && total_.bytes <= max_text_bytes) return;
    throw Stop{mark, fmt::format("the file holds more than {} values or {} bytes of text", max_values, max_text_bytes),
               "aliases count each time they are used"};
  }

  void open(Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor, YAML::EmitterStyle::value style) {
    if (frames_.size() >= static_cast<std::size_t>(max_depth)) {
      throw Stop{to_mark(mark), fmt::format("values are nested more than {} deep", max_depth), ""};
    }
    count({1, 0}, to_mark(mark));
    Frame frame;
    frame.node.kind = kind;
    frame.node.mark = shifted(mark);
    frame.node.flow = style == YAML::EmitterStyle::Flow;
    frame.anchor = anchor;
    frames_.push_back(std::move(frame));
  }

  void close() {
    auto frame = std::move(frames_.back());
    frames_.pop_back();
    remember(frame.node, frame.anchor);
    place(std::move(frame.node));
  }

  void add(Node node, YAML::anchor_t anchor) {
    count({1, node.text.size()}, {node.mark.line - line_offset_, node.mark.column});
    remember(node, anchor);
    place(std::move(node));
  }

  void remember(const Node& node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = {node, weight_of(node)};
  }

  void place(Node node) {
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    auto& frame = frames_.back();
    if (frame.node.kind == Kind::list) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.key) {
      frame.key = std::move(node);
    } else {
      place_pair(frame.node, *std::exchange(frame.key, std::nullopt), std::move(node));
    }
  }

  void place_pair(Node& map, Node key, Node value) {
    if (key.kind != Kind::scalar) {
      mistake_at(key.mark, fmt::format("a key must be a word, not {}", describe_kind(key)), "");
      return;
    }
    if (key.plain && key.text == "<<") {
      mistake_at(key.mark, "merge keys (\"<<\") are not resolved",
                 "write the keys out, or put what agents share under _defaults");
      return;
    }
    const auto first = std::ranges::find(map.keys, key.text, &Key::name);
    if (first != map.keys.end()) {
      mistake_at(key.mark, fmt::format("the key \"{}\" stands twice", key.text),
                 fmt::format("it stands at line {} too; only one can count", first->mark.line));
      return;
    }
    if (map.keys.size() >= max_keys) {
      throw Stop{
          {key.mark.line - line_offset_, key.mark.column}, fmt::format("a map holds more than {} keys", max_keys), ""};
    }
    if (value.kind == Kind::null) value.mark = key.mark;  // yaml-cpp places what is not there at the next token
    map.keys.push_back({std::move(key.text), key.mark});
    map.items.push_back(std::move(value));
  }

  std::string file_;
  int line_offset_;
  std::vector<Error>& mistakes_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, std::pair<Node, Weight>> anchors_;
  Weight total_;
  Node root_;
  int documents_ = 0;
};

struct Advice {
  std::string_view message;  ///< yaml-cpp's
  std::string_view hint;
};

constexpr std::array advices = {
    Advice{"illegal map value", "put quotes around a value that holds \": \""},
    Advice{"illegal tab when looking for indentation", "indent with spaces, not tabs"},
    Advice{"unknown token", "put quotes around a value that starts with @, ` or %"},
    Advice{"end of sequence flow not found", "a \"[\" is not closed before here"},
    Advice{"end of map flow not found", "a \"{\" is not closed before here"},
    Advice{"end of map not found", "check that keys of one map are indented alike"},
    Advice{"end of sequence not found", "check that the items of one list are indented alike"},
    Advice{"illegal EOF in scalar", "a quote is not closed"},
    Advice{"the referenced anchor is not defined", "put quotes around a value that starts with *"},
    Advice{"alias not found after *", "put quotes around a value that starts with *"},
    Advice{"anchor not found after &", "put quotes around a value that starts with &"},
    Advice{"unknown escape character: ", "in double quotes, write a backslash twice"},
};

std::string_view line_of(std::string_view text, int line) {
  for (int at = 1; at < line; ++at) {
    const auto newline = text.find('\n');
    if (newline == std::string_view::npos) return {};
    text.remove_prefix(newline + 1);
  }
  return text.substr(0, text.find('\n'));
}

bool is_indented_by_tab(std::string_view line) {
  return line.substr(0, line.find_first_not_of(" \t")).find('\t') != std::string_view::npos;
}

std::string hint_for(std::string_view message, std::string_view text, int line) {
  if (is_indented_by_tab(line_of(text, line))) return "indent with spaces, not tabs";
  for (const auto& advice : advices) {
    if (message.starts_with(advice.message)) return std::string(advice.hint);
  }
  return {};
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f;
}

// Where the first byte stands that is no text.
std::optional<Mark> find_bad_byte(std::string_view text) {
  const auto control = static_cast<std::size_t>(std::ranges::find_if(text, is_control) - text.begin());
  auto bad = control;
  if (!unicode::is_valid_utf8(text)) {
    const auto repaired = unicode::to_valid_utf8(text);
    bad = std::min(control, static_cast<std::size_t>(std::ranges::mismatch(text, repaired).in1 - text.begin()));
  }
  if (bad == text.size()) return std::nullopt;
  const auto before = text.substr(0, bad);
  const auto line_begin = before.rfind('\n') + 1;  // 0 when there is none
  const auto characters =
      std::ranges::count_if(before.substr(line_begin), [](char c) { return !unicode::is_continuation(c); });
  return Mark{static_cast<int>(std::ranges::count(before, '\n')) + 1, static_cast<int>(characters) + 1};
}

bool run_parser(std::string_view text, Builder& builder) {
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
    return true;
  } catch (const Stop& stop) {
    builder.mistake(stop.mark, stop.message, stop.hint);
  } catch (const YAML::ParserException& e) {
    const auto mark = e.mark.is_null() ? Mark{} : to_mark(e.mark);
    builder.mistake(mark, fmt::format("this is not valid YAML: {}", e.msg), hint_for(e.msg, text, mark.line));
  } catch (const YAML::Exception& e) {
    builder.mistake({}, fmt::format("this is not valid YAML: {}", e.msg), "");
  }
  return false;
}

bool needs_quotes(std::string_view text) {
  return text.empty() || text.find_first_of(",[]{}\"\\\n:# ") != std::string::npos;
}

void show_text(const std::string& text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  out += '"';
}

void show_into(const Node& node, std::string& out) {
  switch (node.kind) {
    case Kind::null:
      out += "null";
      return;
    case Kind::scalar:
      if (!node.plain || needs_quotes(node.text)) return show_text(node.text, out);
      out += node.text;
      return;
    case Kind::list:
    case Kind::map:
      break;
  }
  const bool is_map = node.kind == Kind::map;
  out += is_map ? '{' : '[';
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    if (i > 0) out += ", ";
    if (is_map) {
      if (needs_quotes(node.keys[i].name)) {
        show_text(node.keys[i].name, out);
      } else {
        out += node.keys[i].name;
      }
      out += ": ";
    }
    show_into(node.items[i], out);
  }
  out += is_map ? '}' : ']';
}

}  // namespace

const Node* Node::find(std::string_view name) const {
  const auto found = std::ranges::find(keys, name, &Key::name);
  return found == keys.end() ? nullptr : &items[static_cast<std::size_t>(found - keys.begin())];
}

Document parse(std::string_view text, const std::string& file, std::vector<Error>& mistakes, int first_line) {
  Builder builder(file, first_line, mistakes);
  if (text.size() > max_bytes) {
    builder.mistake({}, fmt::format("the file has {} bytes, more than {}", text.size(), max_bytes), "");
    return {};
  }
  if (const auto bad = find_bad_byte(text)) {
    builder.mistake(*bad, "a byte here is not UTF-8 text", "save the file as UTF-8");
    return {};
  }
  if (!run_parser(text, builder)) return {};
  return {builder.take_root(), true};
}

std::string show(const Node& node) {
  std::string out;
  show_into(node, out);
  return out;
}

std::string describe_kind(const Node& node) {
  switch (node.kind) {
    case Kind::null:
      return "nothing";
    case Kind::scalar:
      return fmt::format("\"{}\"", text::ellipsize(text::first_line(node.text), 60));
    case Kind::list:
      return "a list";
    case Kind::map:
      return "a map";
  }
  return "nothing";
}

}  // namespace errand::config::yaml
