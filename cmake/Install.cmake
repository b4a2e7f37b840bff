# The binary, its man pages, and the default agents and skills it finds relative to itself.
install(TARGETS errand RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES agents.yaml subagents.yaml DESTINATION ${CMAKE_INSTALL_DATADIR}/errand)
install(DIRECTORY skills DESTINATION ${CMAKE_INSTALL_DATADIR}/errand)
install(FILES man/errand.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES man/errand-agents.5 man/errand-config.5 man/errand-test.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
