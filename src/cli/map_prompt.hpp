#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json_fwd.hpp"
#include "chat/message.hpp"

namespace errand::cli {

/// What a record of `errand map` is.
enum class RecordForm { line, json };

/// What a prompt is: words that may name fields of the record, or, where nobody gave any, the record alone.
enum class PromptIs { words, record };

/// Bytes one record may have.
inline constexpr std::size_t max_record_bytes = std::size_t{4} << 20U;

/// A record as the output repeats it: its text, or the JSON it is. A JSON record that is none is its text.
Json input_of(const std::string& record, RecordForm form);

/// One prompt for many records. {{line}} in its text stands for the record, with RecordForm::json {{field}} for a field
/// of it; without any, the record follows the text in a <stdin> block. A record's text is data: no {{…}} and no @path
/// in it is looked at.
class MapPrompt {
 public:
  /// `message` is the prompt as read, its text first; with PromptIs::record that is "{{line}}", and a field of that
  /// name is none of the prompt's.
  MapPrompt(chat::UserMessage message, RecordForm form, PromptIs what = PromptIs::words);

  /// The message for one record. `usage`: the record is no text, no JSON, or lacks a field that the prompt names.
  [[nodiscard]] Result<chat::UserMessage> with(const std::string& record) const;

  [[nodiscard]] const std::string& text() const;  ///< as it was given

 private:
  chat::UserMessage message_;
  RecordForm form_;
  PromptIs what_;
  std::vector<std::string> names_;  // of the placeholders; empty: there are none
};

}  // namespace errand::cli
