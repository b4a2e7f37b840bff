#include "policy/glimpse.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <utility>

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
    if (shell_reads_input_) lose(text);
    shell_reads_input_ = false;
  }

 private:
  void see(Words words, Sighting::Place place, Sighting::Role role) {
    if (!words.empty()) out_.sightings.push_back({std::move(words), place, role});
  }

  void lose(std::string_view text) {
    out_.opaque = true;
    see(loose_words(text), Sighting::Place::anywhere, Sighting::Role::runs);
  }

  void segment_of(std::span<const LooseWord> segment, int depth) {
    while (!segment.empty() && (is_passed_over(segment.front()) || is_leading_assignment(segment.front()))) {
      segment = segment.subspan(1);
    }
    if (!segment.empty()) command(segment, depth);
  }

  static bool is_passed_over(const LooseWord& word) {
    return std::ranges::find(passed_over, word.text) != passed_over.end();
  }
  static bool is_leading_assignment(const LooseWord& word) {
    return word.text.find('=') != std::string::npos && is_loose_assignment(word);
  }

  void command(std::span<const LooseWord> segment, int depth) {
    Words words;
    for (const auto& word : segment) words.push_back(word.text);
    see(words, Sighting::Place::start, Sighting::Role::runs);
    if (!segment.front().literal) {
      out_.opaque = true;
      return arguments(words, Sighting::Role::mentioned);
    }
    const bool literal = std::ranges::all_of(segment, &LooseWord::literal);
    if (const auto inner = unwrap(words)) {
      const auto rest = segment.subspan(words.size() - inner->words.size());
      // Assignments may stand behind env, sudo and the keyword time.
      return depth < max_depth ? segment_of(rest, depth + 1) : lose(quote_words(words));
    }
    const auto name = command_name(words.front());
    if (is_shell(name)) {
      shell(segment, depth);
    } else if (name == "eval") {
      eval(segment, depth);
    } else if (takes_only_data(words)) {
      return;
    } else if (runs_its_arguments(words)) {
      if (!literal) out_.opaque = true;
      arguments(words, Sighting::Role::runs);
    } else {
      arguments(words, Sighting::Role::mentioned);
    }
  }

  void arguments(const Words& words, Sighting::Role role) {
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
    const bool outer = std::exchange(shell_reads_input_, false);
    line(script, depth + 1);
    shell_reads_input_ = outer;
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
      if (word.text.find('s') != std::string::npos) shell_reads_input_ = true;
      if (word.text.ends_with('o') || word.text.ends_with('O')) ++i;
    }
    if (!has_operand) shell_reads_input_ = true;
  }

  Glimpse& out_;
  bool shell_reads_input_ = false;
};

}  // namespace

Glimpse look_over(std::string_view line) {
  Glimpse out;
  Observer(out).line(line, 0);
  return out;
}

}  // namespace errand::policy
