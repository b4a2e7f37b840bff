#include "policy/glimpse.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "policy/loose_lexer.hpp"
#include "policy/shell.hpp"
#include "policy/wrapper.hpp"

namespace errand::policy {

namespace {

// Layers of wrappers, eval and bash -c that are looked through; deeper ones make the line opaque.
constexpr int max_depth = 8;

// Short options in one word before an attached value.
constexpr std::size_t max_attached_at = 6;

using Words = std::vector<std::string>;

// Behind these a command stands as at the beginning.
constexpr auto passed_over =
    std::to_array<std::string_view>({"!", "{", "}", "if", "then", "elif", "else", "while", "until", "do"});

// NAME[index]=… as well: what it holds was cut out already.
bool is_loose_assignment(const LooseWord& word) {
  return is_assignment(word.text) || is_assignment(word.text.substr(0, word.text.find('[')) + "=");
}

// Text that something else than this line's shell may expand.
bool is_code(const LooseWord& word) {
  return word.literal ? holds_expansion(word.text) : word.masked;
}

// "git p" is whatever alias.p says; an included file may hold one.
bool names_alias(std::span<const std::string> words) {
  return std::ranges::any_of(words, [](const std::string& word) {
    const auto key = text::lower(word);
    return key.starts_with("alias.") || key.starts_with("include.") || key.starts_with("includeif.") ||
           key.starts_with("--config-env");
  });
}

enum class Tail { complete, open };  // open: xargs appends words

class Observer {
 public:
  explicit Observer(Glimpse& out) : out_(out) {}

  void line(std::string_view text, int depth) {
    if (depth > max_depth) return lose(text);
    if (const auto commands = parse_command_line(text)) {
      for (const auto& command : *commands) {
        LooseSegment segment;
        for (const auto& word : command.words) segment.push_back({word, true});
        segment_of(segment, depth);
      }
    } else {
      const auto cut = cut_loosely(text);
      for (const auto& segment : cut.segments) segment_of(segment, depth);
      if (!cut.certain) out_.opaque = true;
      see(loose_words(text), Sighting::Place::anywhere, Sighting::Role::mentioned);
    }
    // A shell that reads its input runs whatever an earlier part of the line printed.
    if (runs_input_) lose(text);
    if (std::exchange(feeds_input_, false))
      see(loose_words(text), Sighting::Place::anywhere, Sighting::Role::mentioned);
    runs_input_ = false;
  }

 private:
  void see(Words words, Sighting::Place place, Sighting::Role role) {
    if (!words.empty()) out_.sightings.push_back({std::move(words), place, role});
  }

  void lose(std::string_view text) {
    out_.opaque = true;
    see(loose_words(text), Sighting::Place::anywhere, Sighting::Role::runs);
  }

  void segment_of(std::span<const LooseWord> segment, int depth, Tail tail = Tail::complete) {
    while (!segment.empty() && (is_passed_over(segment.front()) || is_leading_assignment(segment.front()))) {
      assignment(segment.front());
      segment = segment.subspan(1);
    }
    if (!segment.empty()) command(segment, depth, tail);
  }

  static bool is_passed_over(const LooseWord& word) {
    return std::ranges::find(passed_over, word.text) != passed_over.end();
  }
  static bool is_leading_assignment(const LooseWord& word) {
    return word.text.find('=') != std::string::npos && is_loose_assignment(word);
  }

  // What a variable holds may be expanded again (PS4, ${x@P}), or be run by the program that inherits it.
  void assignment(const LooseWord& word) {
    if (!is_leading_assignment(word)) return;
    if (is_code(word) || is_run_variable(word.text.substr(0, word.text.find_first_of("=+[")))) out_.opaque = true;
  }

  void command(std::span<const LooseWord> segment, int depth, Tail tail) {
    const Words words = texts(segment);
    see(words, Sighting::Place::start, Sighting::Role::runs);
    if (tail == Tail::open) open_ended(segment);
    if (!segment.front().literal) {
      out_.opaque = true;
      return arguments(segment, Sighting::Role::mentioned);
    }
    if (command_name(words.front()) == "xargs") return fed(segment, depth);
    if (const auto inner = unwrap(words)) {
      const auto skipped = words.size() - inner->words.size();
      for (const auto& word : segment.first(skipped)) assignment(word);
      // Assignments may stand behind env, sudo and the keyword time.
      return depth < max_depth ? segment_of(segment.subspan(skipped), depth + 1, tail) : lose(quote_words(words));
    }
    if (tail == Tail::open && takes_what_it_runs(words)) runs_input_ = true;
    named(segment, words, depth);
  }

  void named(std::span<const LooseWord> segment, const Words& words, int depth) {
    const auto name = command_name(words.front());
    if (is_shell(name)) return shell(segment, depth);
    if (name == "eval") return eval(segment, depth);
    if (takes_only_data(words) && !(is_awk(name) && builds_program(segment))) return;
    if (changes_the_shell(words))
      std::ranges::for_each(segment.subspan(1), [&](const auto& word) { assignment(word); });
    if (std::ranges::any_of(segment.subspan(1), is_code)) out_.opaque = true;
    if (reads_commands(words)) runs_input_ = true;
    if (name == "git" && names_alias(words)) out_.opaque = true;
    if (!runs_its_arguments(words)) return arguments(segment, Sighting::Role::mentioned);
    runner(segment, words, depth);
  }

  void runner(std::span<const LooseWord> segment, const Words& words, int depth) {
    if (!std::ranges::all_of(segment, &LooseWord::literal)) out_.opaque = true;
    arguments(segment, Sighting::Role::runs);
    const bool has_text = has_shell_text(command_name(words.front()));
    for (std::size_t i = 1; i < segment.size(); ++i) {
      if (is_shell(command_name(words[i]))) return shell(segment.subspan(i), depth);
      if (has_text && words[i].find_first_of(" \t\n;&|*?[") != std::string::npos) nested(words[i], depth);
    }
  }

  // The program of an awk that is put together when the line runs; files behind it may be globs.
  static bool builds_program(std::span<const LooseWord> segment) {
    for (const auto& word : segment.subspan(1)) {
      if (!word.literal) return true;
      if (word.text.find_first_of("{/$") != std::string::npos) return false;
    }
    return false;
  }

  static Words texts(std::span<const LooseWord> segment) {
    Words out;
    for (const auto& word : segment) out.push_back(word.text);
    return out;
  }

  // Words up to the first that is only known later.
  void open_ended(std::span<const LooseWord> segment) {
    const auto unknown = std::ranges::find(segment, false, &LooseWord::literal);
    const auto known = segment.first(static_cast<std::size_t>(unknown - segment.begin()));
    if (!known.empty()) {
      out_.sightings.push_back({texts(known), Sighting::Place::start, Sighting::Role::mentioned, true});
    }
  }

  // Whether words that are appended may be what the command runs.
  static bool takes_what_it_runs(const Words& words) {
    const auto name = command_name(words.front());
    if (name == "find" || name == "eval" || is_shell(name)) return true;
    if (name == "git" && words.size() == 1) return true;  // -c alias.x=…
    return runs_its_arguments(words) && !takes_only_data(words);
  }

  void fed(std::span<const LooseWord> segment, int depth) {
    const Words words = texts(segment);
    const auto feeding = fed_by_xargs(words);
    const auto rest = segment.subspan(words.size() - feeding.words.size());
    for (const auto& word : segment.first(segment.size() - rest.size())) {
      if (!word.literal) out_.opaque = true;
    }
    feeds_input_ = true;
    if (rest.empty()) return;  // runs echo
    if (depth >= max_depth) return lose(quote_words(words));
    LooseSegment inner(rest.begin(), rest.end());
    for (auto& word : inner) {
      const bool is_replaced = !feeding.replaced.empty() && word.text.find(feeding.replaced) != std::string::npos;
      if (is_replaced) word.literal = false;
    }
    segment_of(inner, depth + 1, Tail::open);
  }

  void arguments(std::span<const LooseWord> segment, Sighting::Role role) {
    const Words words = texts(segment);
    Words all;
    const auto add_apart = [&](std::string_view text) {
      auto parts = loose_words(text);
      all.emplace_back();
      std::ranges::move(parts, std::back_inserter(all));
      all.emplace_back();
    };
    for (std::size_t i = 1; i < words.size(); ++i) {
      const std::string_view word = words[i];
      all.push_back(words[i]);
      if (word.find_first_of(" \t\n;&|(){}<>`$!,=:*?[]~#'\"\\") != std::string_view::npos) add_apart(word);
      if (!word.starts_with('-') || word.starts_with("--")) continue;
      // A value may be attached to the last of some short options: env -S'rm x'. Without a blank in it only one option
      // is taken for an option: "-mform" does not hold "rm".
      const auto last = word.find_first_of(" \t\n") == std::string_view::npos ? std::size_t{3} : max_attached_at;
      for (std::size_t at = 2; at < std::min(word.size(), last); ++at) add_apart(word.substr(at));
    }
    see(std::move(all), Sighting::Place::anywhere, role);
  }

  void eval(std::span<const LooseWord> segment, int depth) {
    std::string script;
    for (const auto& word : segment.subspan(1)) {
      script += word.text + ' ';
      if (!word.literal) out_.opaque = true;
    }
    nested(script, depth);
  }

  void nested(std::string_view script, int depth) {
    const bool runs = std::exchange(runs_input_, false);
    const bool feeds = std::exchange(feeds_input_, false);
    line(script, depth + 1);
    runs_input_ = runs;
    feeds_input_ = feeds;
  }

  void shell(std::span<const LooseWord> segment, int depth) {
    bool has_operand = false;
    for (std::size_t i = 1; i < segment.size(); ++i) {
      const auto& word = segment[i];
      if (!word.literal) out_.opaque = true;
      const bool option = word.text.size() > 1 && (word.text.front() == '-' || word.text.front() == '+');
      if (!option) {
        if (word.text == "-" || word.text == "/dev/stdin") continue;
        has_operand = true;
        // The first is the script or a file; a script may run its own arguments.
        nested(word.text, depth);
        continue;
      }
      if (word.text.starts_with("--")) {
        if (word.text == "--rcfile" || word.text == "--init-file") ++i;
        continue;
      }
      if (word.text.find('s') != std::string::npos) runs_input_ = true;
      if (word.text.ends_with('o') || word.text.ends_with('O')) ++i;
    }
    if (!has_operand) runs_input_ = true;
  }

  Glimpse& out_;
  bool runs_input_ = false;   // something takes commands from its input
  bool feeds_input_ = false;  // something takes arguments from its input
};

}  // namespace

Glimpse look_over(std::string_view line) {
  Glimpse out;
  Observer(out).line(line, 0);
  return out;
}

}  // namespace errand::policy
