#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json_fwd.hpp"
#include "cli/command.hpp"
#include "store/short_id.hpp"

namespace errand::cli {

enum class Width { fixed, flexible };

struct Column {
  std::string title;
  Width width = Width::fixed;  ///< flexible ones are cut first on a narrow terminal
};

/// A table on stdout: fitted to the terminal's width on one, tab-separated and untruncated on a pipe.
Result<int> print_table(const std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows);

/// The verb of a listing command: `words` are [verb [argument]], list when there are none.
struct Verb {
  std::string name;
  std::string argument;  ///< empty when none was given
};

/// Which verbs a listing command has and which of them take an argument.
struct VerbSpec {
  std::string name;
  enum class Argument { none, optional, required } argument = Argument::none;
};

/// Reads `words`; anything that does not fit is `usage` with the nearest verb.
Result<Verb> read_verb(std::string_view command, const std::vector<std::string>& words,
                       const std::vector<VerbSpec>& verbs);

using store::short_id_length;

/// null where it is empty.
Json text_or_null(const std::string& text);

/// A price or cost for people: "$0.0123", "unknown".
std::string money_text(const std::optional<double>& usd);

/// "200k", "1M", "" for unknown.
std::string tokens_text(std::int64_t tokens);

}  // namespace errand::cli
