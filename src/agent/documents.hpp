#pragma once

#include <vector>

#include "base/call.hpp"
#include "base/error.hpp"
#include "chat/message.hpp"
#include "chat/model.hpp"
#include "tool/pdf_text.hpp"

namespace errand::agent {

/// `content` as all of `models` can be given it: its PDFs as they are where each of them takes PDFs, else the text of
/// them, inside <file> blocks. Fails as tool::pdf_text() does; nothing is read where there is no PDF.
Result<std::vector<chat::UserBlock>> readable_documents(std::vector<chat::UserBlock> content,
                                                        const std::vector<const chat::ModelSpec*>& models,
                                                        const tool::PdfReader& reader, const Call& call);

}  // namespace errand::agent
