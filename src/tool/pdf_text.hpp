#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/call.hpp"
#include "base/error.hpp"
#include "sandbox/sandbox.hpp"

namespace errand::tool {

/// Bytes of text that are read out of one PDF.
inline constexpr std::size_t max_pdf_text_bytes = std::size_t{16} << 20U;

/// How long reading one may take, where nobody says otherwise.
inline constexpr std::chrono::milliseconds max_pdf_time{60'000};

/// What reads PDFs (poppler's pdftotext), and how it is held.
struct PdfReader {
  const sandbox::Sandbox& sandbox;
  bool confined = true;                ///< false: the user said `--sandbox off`
  std::string directory = "/usr/bin";  ///< where pdftotext lies
  std::chrono::milliseconds time = max_pdf_time;
};

/// The text of a PDF, its pages told apart by lines "[page N]" where there are several; harmless. `name` is for errors.
///
/// A parser of a stranger's file: it runs in a sandbox of its own, where there is the system alone, no network and no
/// file but the PDF, which it reads from a descriptor. `failure` for a PDF that is locked with a password, is damaged,
/// or holds no text (pictures of pages), where pdftotext is not installed, and where text, time or memory pass their
/// limits; `denied` where no sandbox can be made.
Result<std::string> pdf_text(std::string_view bytes, const std::string& name, const PdfReader& reader,
                             const Call& call);

}  // namespace errand::tool
