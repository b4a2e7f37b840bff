#include "cli/options.hpp"

#include <algorithm>
#include <functional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "base/time.hpp"
#include "base/try.hpp"

namespace errand::cli {

struct Options::Impl {
  CLI::App app;
  std::string usage;
  std::string group = "Options";
  bool numbers_are_words = false;
  // Values that need more than CLI11's conversion, read once parsing is done.
  std::vector<std::function<Result<void>()>> conversions;

  CLI::Option* declare(CLI::Option* option) {
    option->group(group);
    return option;
  }
};

namespace {

// How a token of the command line is meant.
enum class Token { word, end_of_options, flag, value_attached, value_follows, unknown };

CLI::Option* find_option(const CLI::App& app, const std::string& name) {
  return const_cast<CLI::App&>(app).get_option_no_throw(name);
}

bool takes_value(const CLI::Option* option) {
  return option->get_items_expected_min() > 0;
}

bool may_take_value(const CLI::Option* option) {
  return option->get_items_expected_max() > 0;
}

Token classify_long(const CLI::App& app, std::string_view token) {
  const auto equals = token.find('=');
  const auto* option = find_option(app, std::string(token.substr(0, equals)));
  if (option == nullptr) return Token::unknown;
  if (!takes_value(option) && !(may_take_value(option) && equals != std::string_view::npos)) return Token::flag;
  return equals == std::string_view::npos ? Token::value_follows : Token::value_attached;
}

// "-qv" is two flags, "-acoder" an option with its value.
Token classify_short(const CLI::App& app, std::string_view token) {
  for (std::size_t i = 1; i < token.size(); ++i) {
    const auto* option = find_option(app, fmt::format("-{}", token[i]));
    if (option == nullptr) return Token::unknown;
    if (takes_value(option)) return i + 1 == token.size() ? Token::value_follows : Token::value_attached;
  }
  return Token::flag;
}

// "-2", the one before the newest: no option is a number.
bool is_rank(std::string_view token) {
  return token.size() > 1 && token.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

Token classify(const CLI::App& app, std::string_view token) {
  if (token == "--") return Token::end_of_options;
  if (!token.starts_with('-') || token == "-" || is_rank(token)) return Token::word;
  return token.starts_with("--") ? classify_long(app, token) : classify_short(app, token);
}

struct Separated {
  std::vector<std::string> options;
  std::vector<std::string> words;
};

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> out;
  for (const auto& name : option.get_lnames()) out.push_back("--" + name);
  for (const auto& name : option.get_snames()) out.push_back("-" + name);
  return out;
}

OptionFacts facts_of(const CLI::Option& option) {
  return {names_of(option), may_take_value(&option) ? option.get_type_name() : std::string(), option.get_description(),
          option.get_group()};
}

// The option of a token whose value is the next one: of "-qm" it is the last letter.
const CLI::Option* awaiting(const CLI::App& app, std::string_view token) {
  return find_option(app, token.starts_with("--") ? std::string(token) : fmt::format("-{}", token.back()));
}

}  // namespace

Options::Options(std::string usage, std::string description) : impl_(std::make_unique<Impl>()) {
  impl_->usage = std::move(usage);
  impl_->app.description(std::move(description));
  impl_->app.set_help_flag();
}
Options::Options(Options&&) noexcept = default;
Options::~Options() = default;

void Options::group(const std::string& title) {
  impl_->group = title;
}

void Options::flag(const std::string& names, bool& out, const std::string& help) {
  impl_->declare(impl_->app.add_flag(names, out, help));
}

void Options::count(const std::string& names, int& out, const std::string& help) {
  impl_->declare(impl_->app.add_flag(names, out, help));
}

void Options::text(const std::string& names, std::optional<std::string>& out, const std::string& placeholder,
                   const std::string& help) {
  auto* option = impl_->declare(impl_->app.add_option_function<std::string>(
      names, [&out](const std::string& value) { out = value; }, help));
  option->type_name(placeholder)->take_last();
}

void Options::optional_text(const std::string& names, std::optional<std::string>& out, const std::string& placeholder,
                            const std::string& help) {
  auto* option = impl_->declare(impl_->app.add_option_function<std::vector<std::string>>(
      names, [&out](const std::vector<std::string>& values) { out = values.empty() ? "" : values.back(); }, help));
  option->type_name("[" + placeholder + "]")->expected(0, 1)->allow_extra_args(false);
}

void Options::list(const std::string& names, std::vector<std::string>& out, const std::string& placeholder,
                   const std::string& help) {
  auto* option = impl_->declare(impl_->app.add_option_function<std::vector<std::string>>(
      names, [&out](const std::vector<std::string>& values) { out = values; }, help));
  option->type_name(placeholder)->allow_extra_args(false)->take_all();
}

void Options::number(const std::string& names, std::optional<std::int64_t>& out, std::int64_t min,
                     const std::string& help) {
  auto* option = impl_->declare(impl_->app.add_option_function<std::int64_t>(
      names, [&out](const std::int64_t& value) { out = value; }, help));
  option->type_name("N")->take_last();
  impl_->conversions.emplace_back([&out, min, names]() -> Result<void> {
    if (!out || *out >= min) return {};
    return fail(ErrorKind::usage, fmt::format("{} is too small for {}", *out, names), fmt::format("at least {}", min));
  });
}

void Options::money(const std::string& names, std::optional<double>& out, const std::string& help) {
  auto* option = impl_->declare(impl_->app.add_option_function<double>(
      names, [&out](const double& value) { out = value; }, help));
  option->type_name("USD")->take_last();
  impl_->conversions.emplace_back([&out, names]() -> Result<void> {
    if (!out || *out > 0) return {};
    return fail(ErrorKind::usage, fmt::format("{} is no amount of money for {}", *out, names), "write it as 0.50");
  });
}

void Options::duration(const std::string& names, std::optional<std::chrono::milliseconds>& out,
                       const std::string& help) {
  auto raw = std::make_shared<std::optional<std::string>>();
  auto* option = impl_->declare(impl_->app.add_option_function<std::string>(
      names, [raw](const std::string& value) { *raw = value; }, help));
  option->type_name("DURATION")->take_last();
  impl_->conversions.emplace_back([raw, &out, names]() -> Result<void> {
    if (!*raw) return {};
    auto parsed = parse_duration(**raw);
    if (!parsed) return fail(std::move(parsed).error().within(fmt::format("while reading {}", names)));
    if (parsed->count() == 0) return fail(ErrorKind::usage, fmt::format("{} of no time at all", names));
    out = *parsed;
    return {};
  });
}

void Options::choice(const std::string& names, std::optional<std::string>& out, const std::vector<std::string>& values,
                     const std::string& help) {
  text(names, out, text::join(values, "|"), help);
  impl_->conversions.emplace_back([&out, values, names]() -> Result<void> {
    if (!out || std::ranges::find(values, *out) != values.end()) return {};
    return fail(ErrorKind::usage, fmt::format("\"{}\" is no value for {}", *out, names),
                text::suggest(*out, values, "values"));
  });
}

void Options::take_numbers_as_words() {
  impl_->numbers_are_words = true;
}

bool Options::knows(std::string_view token) const {
  const auto kind = classify(impl_->app, token);
  return kind != Token::word && kind != Token::unknown && kind != Token::end_of_options;
}

std::size_t Options::first_word(std::span<const std::string> args) const {
  for (std::size_t i = 0; i < args.size(); ++i) {
    switch (classify(impl_->app, args[i])) {
      case Token::word:
        return i;
      case Token::end_of_options:
        return i + 1;
      case Token::value_follows:
        ++i;
        break;
      case Token::flag:
      case Token::value_attached:
      case Token::unknown:
        break;
    }
  }
  return args.size();
}

namespace {

tl::unexpected<Error> unknown_option(const std::string& token, const std::vector<std::string>& known,
                                     std::string_view usage) {
  const auto name = token.substr(0, token.find('='));
  const auto near = text::nearest(name, known);
  const auto command = usage.substr(0, usage.find(" ["));
  return fail(ErrorKind::usage, fmt::format("unknown option {} of \"{}\"", name, command),
              fmt::format("{}\"{} --help\" lists them{}", near ? fmt::format("did you mean {}? ", *near) : "", command,
                          "; a word that begins with '-' comes after --"));
}

// "--name=value" becomes two tokens: CLI11 would take the next one for an empty value.
void push_attached(std::vector<std::string>& options, const std::string& token) {
  const auto equals = token.find('=');
  if (!token.starts_with("--") || equals == std::string::npos) {
    options.push_back(token);
    return;
  }
  options.push_back(token.substr(0, equals));
  options.push_back(token.substr(equals + 1));
}

bool is_negative_number(std::string_view token) {
  return token.size() > 1 && token.starts_with('-') &&
         token.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

enum class Numbers { options, words };

Result<Separated> separate(const CLI::App& app, std::span<const std::string> args,
                           const std::vector<std::string>& known, std::string_view usage, Numbers numbers) {
  Separated out;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (numbers == Numbers::words && is_negative_number(args[i])) {
      out.words.push_back(args[i]);
      continue;
    }
    switch (classify(app, args[i])) {
      case Token::word:
        out.words.push_back(args[i]);
        break;
      case Token::end_of_options:
        out.words.insert(out.words.end(), args.begin() + static_cast<std::ptrdiff_t>(i) + 1, args.end());
        return out;
      case Token::flag:
        out.options.push_back(args[i]);
        break;
      case Token::value_attached:
        push_attached(out.options, args[i]);
        break;
      case Token::value_follows:
        if (i + 1 == args.size()) return fail(ErrorKind::usage, fmt::format("{} wants a value", args[i]));
        out.options.push_back(args[i]);
        out.options.push_back(args[++i]);
        break;
      case Token::unknown:
        return unknown_option(args[i], known, usage);
    }
  }
  return out;
}

}  // namespace

Result<std::vector<std::string>> Options::parse(std::span<const std::string> args) {
  ERRAND_TRY_ASSIGN(auto separated, separate(impl_->app, args, names(), impl_->usage,
                                             impl_->numbers_are_words ? Numbers::words : Numbers::options));
  try {
    std::ranges::reverse(separated.options);  // CLI11 takes them from the back
    impl_->app.parse(separated.options);
  } catch (const CLI::ParseError& e) {
    return fail(ErrorKind::usage,
                text::lower(std::string_view(e.what()).substr(0, 1)) + std::string(e.what()).substr(1),
                fmt::format("see \"{} --help\"", std::string_view(impl_->usage).substr(0, impl_->usage.find(" ["))));
  }
  for (const auto& convert : impl_->conversions) ERRAND_TRY(convert());
  return std::move(separated.words);
}

std::string Options::help() const {
  auto formatter = std::make_shared<CLI::Formatter>();
  formatter->column_width(34);
  impl_->app.formatter(formatter);
  auto body = impl_->app.help();
  // CLI11's own usage line knows nothing of words; ours replaces it.
  const auto usage_at = body.find("Usage:");
  if (usage_at != std::string::npos) body.erase(usage_at, body.find('\n', usage_at) + 1 - usage_at);
  return fmt::format("Usage: {}\n\n{}", impl_->usage, text::trim(body)) + "\n";
}

OptionsSoFar Options::so_far(std::span<const std::string> args) const {
  OptionsSoFar out;
  for (std::size_t i = 0; i < args.size(); ++i) {
    switch (classify(impl_->app, args[i])) {
      case Token::word:
        out.words.push_back(args[i]);
        break;
      case Token::end_of_options:
        out.words.insert(out.words.end(), args.begin() + static_cast<std::ptrdiff_t>(i) + 1, args.end());
        out.options_ended = true;
        return out;
      case Token::value_follows:
        if (i + 1 == args.size()) out.awaits = facts_of(*awaiting(impl_->app, args[i]));
        ++i;
        break;
      case Token::flag:
      case Token::value_attached:
      case Token::unknown:
        break;
    }
  }
  return out;
}

std::vector<std::string> Options::names() const {
  std::vector<std::string> out;
  for (const auto* option : impl_->app.get_options()) {
    for (auto& name : names_of(*option)) out.push_back(std::move(name));
  }
  return out;
}

std::vector<OptionFacts> Options::facts() const {
  std::vector<OptionFacts> out;
  for (const auto* option : impl_->app.get_options()) out.push_back(facts_of(*option));
  return out;
}

}  // namespace errand::cli
