"""Training small networks on any folder laid out like ADEChallengeData2016.

``data`` reads photographs and cuts crops, ``recipe`` is the one loop all five compact networks went through,
``scoring`` counts right and wrong pixels, ``card`` turns a finished run into a shipped file and its card.
"""
