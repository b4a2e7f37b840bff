#pragma once

#include <vector>

#include "base/call.hpp"
#include "base/error.hpp"
#include "chat/message.hpp"
#include "chat/model.hpp"
#include "tool/pdf_text.hpp"

namespace errand::agent {

/// A path as it stands in `<file path="…">`: none, however its file was named, ends the quotes or the line.
std::string in_quotes(std::string_view path);

/// `content` as all of `models` can be given it: its PDFs as they are where each of them takes PDFs, else the text of
/// them, inside <file> blocks. Fails as tool::pdf_text() does; nothing is read where there is no PDF.
Result<std::vector<chat::UserBlock>> readable_documents(std::vector<chat::UserBlock> content,
                                                        const std::vector<const chat::ModelSpec*>& models,
                                                        const tool::PdfReader& reader, const Call& call);

}  // namespace errand::agent
