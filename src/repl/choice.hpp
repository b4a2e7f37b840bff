#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "repl/subject.hpp"

namespace errand::repl {

/// What is asked of the person.
enum class LineKind {
  prompt,        ///< the next one of the chat, or what the person wanted to be asked
  answer,        ///< to a question of a run: what was typed before it was put is none
  answer_again,  ///< to the same question, or one that was put together with it
};

/// Something that can be picked. Texts may be hostile: they are made harmless where they are shown.
struct Choice {
  std::string text{};
  std::string note{};  ///< what it is, dim behind the text
  std::string word{};  ///< small letters; with Typed::answers this word, or its first letter alone, selects the choice
};

/// A menu to put before the person.
struct ChoiceRequest {
  /// What typing does.
  enum class Typed {
    filters,  ///< only what fits stays
    answers,  ///< it is a choice's word or number, or own words; Enter says when it is whole
  };
  /// What a digit does while nothing else is typed, with Typed::answers.
  enum class Digits {
    pick,    ///< picks or marks at once
    select,  ///< Enter is still needed: for what has consequences
  };
  enum class Marks { one, several };

  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  LineKind kind = LineKind::prompt;
  std::string title{};            ///< stands before what is typed, in the same line
  std::string hint{};             ///< a dim line below, for who does not know the keys
  std::vector<Choice> choices{};  ///< at least one
  std::size_t selected = none;    ///< what Enter picks at first; `none`: nothing, until a key has selected something
  Typed typed = Typed::filters;
  Digits digits = Digits::pick;
  Marks marks = Marks::one;
  /// The choice that stands for the person's own words; what is typed and names no choice answers it. Picked without
  /// any, it asks for them with `own_title`, until the person goes back.
  std::size_t own_words = none;
  std::string own_title{};
  std::string left{};  ///< what stays behind the title where the menu was left without a pick
  /// What stands above the choices, for so many columns: it is shown anew whenever they are, and stays behind with what
  /// was picked. Asked for often. May be empty.
  std::function<Subject(std::size_t columns)> about{};
  /// The last choice, which shows all of that and asks again: it is never what was picked. Offered where not all is
  /// shown.
  std::size_t shows_all = none;
  /// Lines shown below the choice that is selected; asked once for each. May be empty, and may be slow.
  std::function<std::string(std::size_t choice)> preview{};
  /// Choices that fit what was typed though their text does not. May be empty.
  std::function<std::vector<std::size_t>(const std::string& typed)> found_elsewhere{};
};

/// How a menu ended.
struct Picked {
  enum class End {
    picked,
    left,         ///< Esc, or nothing was answered
    interrupted,  ///< Ctrl-C
    closed,       ///< Ctrl-D, or the terminal is gone
  };
  End end = End::left;
  std::vector<std::size_t> choices;  ///< at least one when picked, in their order; without Marks::several exactly one
  std::string own_words;             ///< what was typed, when `own_words` is among the choices; never blank then
  bool operator==(const Picked&) const = default;
};

/// The choices that fit what was typed with Typed::filters, best first: by their texts' letters, by their notes, and by
/// `found_elsewhere` where no text fits well.
[[nodiscard]] std::vector<std::size_t> fitting_choices(const ChoiceRequest& request, const std::string& typed);

/// The choice that `typed` names with Typed::answers: by word, first letter of it, number from 1, or whole text.
/// `none`: it names no one.
[[nodiscard]] std::size_t named_choice(const ChoiceRequest& request, const std::string& typed);

/// Why what was typed with Typed::answers can't be one, for the person; empty where nothing speaks against it. A
/// command is none, nor is a number beyond the choices or, where choices have letters, another one alone: they are not
/// to reach a model as words.
[[nodiscard]] std::string why_no_answer(const ChoiceRequest& request, const std::string& typed);

/// The same of own words that were asked for.
[[nodiscard]] std::string why_no_words(const std::string& typed);

/// What `typed` answers with Typed::answers: a choice or own words, with Marks::several some of both parted by commas,
/// numbers alone by blanks too.
/// nullopt: it is no answer.
[[nodiscard]] std::optional<Picked> answer_in(const ChoiceRequest& request, const std::string& typed);

}  // namespace errand::repl
