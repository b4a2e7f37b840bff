#include "config/reader.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/time.hpp"
#include "base/unicode.hpp"

namespace errand::config {

namespace {

bool is_plain_scalar(const yaml::Node& node) {
  return node.kind == yaml::Kind::scalar && node.plain;
}

template <class N>
std::optional<N> parse_whole(std::string_view text) {
  N out{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

struct Unit {
  std::string_view suffix;
  std::uint64_t bytes;
};

constexpr std::array units = {
    Unit{"KiB", std::uint64_t{1} << 10U},
    Unit{"MiB", std::uint64_t{1} << 20U},
    Unit{"GiB", std::uint64_t{1} << 30U},
    Unit{"TiB", std::uint64_t{1} << 40U},
    Unit{"kB", 1'000},
    Unit{"MB", 1'000'000},
    Unit{"GB", 1'000'000'000},
    Unit{"B", 1},
};

// Sizes beyond this are a slip of the finger, and their arithmetic would overflow.
constexpr std::uint64_t max_size_bytes = std::uint64_t{1} << 50U;

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t factor = 1;
  for (const auto& unit : units) {
    if (!text.ends_with(unit.suffix)) continue;
    factor = unit.bytes;
    text = text::trim_end(text.substr(0, text.size() - unit.suffix.size()));
    break;
  }
  const auto count = parse_whole<std::uint64_t>(text);
  if (!count || *count > max_size_bytes / factor) return std::nullopt;
  return *count * factor;
}

}  // namespace

std::string Reader::name() const {
  if (path_.empty()) return subject_.empty() ? "the file" : subject_;
  return subject_.empty() ? path_ : fmt::format("{} of {}", path_, subject_);
}

void Reader::mistake(yaml::Mark mark, std::string_view message, std::string_view hint) {
  mistake(Error{.kind = ErrorKind::config,
                .message = std::string(message),
                .hint = std::string(hint),
                .where = std::nullopt,
                .context = {}},
          mark);
}

void Reader::mistake(Error error, yaml::Mark mark) {
  if (findings_.mistakes.size() >= yaml::max_mistakes) return;
  error.kind = ErrorKind::config;
  error.message = text::ellipsize(unicode::sanitize(error.message), yaml::max_message_columns);
  error.hint = unicode::sanitize(error.hint);
  error.where = at(mark);
  findings_.mistakes.push_back(std::move(error));
}

void Reader::unknown(yaml::Mark mark, std::string_view noun, std::string_view name,
                     std::span<const std::string> known) {
  std::string place = subject_;
  if (!path_.empty()) place = this->name();
  mistake(mark, fmt::format("unknown {} \"{}\"{}{}", noun, name, place.empty() ? "" : " in ", place),
          text::suggest(name, known, fmt::format("{}s", noun)));
}

void Reader::warn(std::string_view code, yaml::Mark mark, std::string_view message) {
  if (findings_.warnings.size() >= yaml::max_mistakes) return;
  auto text = text::ellipsize(unicode::sanitize(message), yaml::max_message_columns);
  findings_.warnings.push_back({std::string(code), std::move(text), at(mark)});
}

void Reader::not_used_yet(yaml::Mark mark) {
  if (findings_.unused.size() < yaml::max_mistakes) findings_.unused.push_back({path_, at(mark)});
}

void Reader::without_effect(yaml::Mark mark) {
  if (findings_.without_effect.size() < yaml::max_mistakes) findings_.without_effect.push_back({path_, at(mark)});
}

void Reader::wrong_type(const yaml::Node& node, std::string_view wanted) {
  mistake(node.mark, fmt::format("{} must be {}, not {}", name(), wanted, yaml::describe_kind(node)));
}

void Reader::wrong_word(const yaml::Node& node, std::span<const std::string_view> words) {
  std::string wanted;
  for (std::size_t i = 0; i < words.size(); ++i) {
    wanted += fmt::format("{}{}", i == 0 ? "" : i + 1 == words.size() ? " or " : ", ", words[i]);
  }
  const std::vector<std::string> known(words.begin(), words.end());
  const auto near = node.kind == yaml::Kind::scalar ? text::nearest(node.text, known) : std::nullopt;
  mistake(node.mark, fmt::format("{} must be {}, not {}", name(), wanted, yaml::describe_kind(node)),
          near ? fmt::format("did you mean \"{}\"?", *near) : "");
}

std::optional<std::string> Reader::text(const yaml::Node& node) {
  if (node.kind == yaml::Kind::scalar) return node.text;
  wrong_type(node, "text");
  return std::nullopt;
}

std::optional<std::string> Reader::word(const yaml::Node& node) {
  auto out = text(node);
  if (!out || !text::trim(*out).empty()) return out;
  mistake(node.mark, fmt::format("{} is empty", name()), "give it a value, or remove it");
  return std::nullopt;
}

std::optional<bool> Reader::boolean(const yaml::Node& node) {
  if (is_plain_scalar(node) && node.text == "true") return true;
  if (is_plain_scalar(node) && node.text == "false") return false;
  wrong_type(node, "true or false");
  return std::nullopt;
}

std::optional<std::int64_t> Reader::integer(const yaml::Node& node, std::int64_t least, std::int64_t most) {
  if (is_plain_scalar(node)) {
    const auto value = parse_whole<std::int64_t>(node.text);
    if (value && *value >= least && *value <= most) return value;
  }
  wrong_type(node, fmt::format("a whole number from {} to {}", least, most));
  return std::nullopt;
}

std::optional<double> Reader::number(const yaml::Node& node, double least) {
  if (is_plain_scalar(node)) {
    const auto value = parse_whole<double>(node.text);
    if (value && std::isfinite(*value) && *value >= least) return value;
  }
  wrong_type(node, fmt::format("a number of at least {}", least));
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> Reader::duration(const yaml::Node& node, std::chrono::milliseconds least) {
  if (node.kind == yaml::Kind::scalar) {
    const auto value = parse_duration(node.text);
    if (value && *value >= least) return *value;
  }
  wrong_type(node, least.count() > 0
                       ? fmt::format("a duration like 90s, 15m or 1h30m of at least {}", format_duration(least))
                       : "a duration like 90s, 15m or 1h30m");
  return std::nullopt;
}

std::optional<std::uint64_t> Reader::size_bytes(const yaml::Node& node, std::uint64_t least) {
  if (node.kind == yaml::Kind::scalar) {
    const auto value = parse_size(node.text);
    if (value && *value >= least) return value;
  }
  wrong_type(node, fmt::format("a size like 512MiB or 2GiB of at least {} MiB", least >> 20U));
  return std::nullopt;
}

bool Reader::is_map(const yaml::Node& node) {
  if (node.kind == yaml::Kind::map) return true;
  wrong_type(node, "a map of keys");
  return false;
}

bool Reader::is_list(const yaml::Node& node) {
  if (node.kind == yaml::Kind::list) return true;
  mistake(node.mark, fmt::format("{} must be a list, not {}", name(), yaml::describe_kind(node)),
          node.kind == yaml::Kind::scalar ? fmt::format("write [{}]", node.text) : "");
  return false;
}

std::optional<std::vector<std::string>> Reader::words(const yaml::Node& node) {
  if (!is_list(node)) return std::nullopt;
  std::vector<std::string> out;
  bool good = true;
  for (const auto& item : node.items) {
    if (auto value = word(item)) {
      out.push_back(*std::move(value));
    } else {
      good = false;
    }
  }
  if (!good) return std::nullopt;
  return out;
}

Reader::Below::Below(Reader& reader, std::string_view key) : reader_(reader), length_(reader.path_.size()) {
  if (!reader_.path_.empty()) reader_.path_ += '.';
  reader_.path_ += key;
}

void Reader::note(std::string key, std::string value, yaml::Mark mark) {
  if (record_ == nullptr) return;
  std::erase_if(*record_, [&](const GivenValue& given) { return given.key == key; });
  record_->push_back({std::move(key), std::move(value), GivenValue::Source::own, at(mark)});
}

}  // namespace errand::config
